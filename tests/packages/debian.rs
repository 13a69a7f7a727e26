//! A Debian 12 that has nothing else, in a folder, with programs that run in it. This takes root's rights, and the network.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// What a person's Debian is installed from.
const SOURCES: &str = "deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
";
const MIRROR: &str = "http://deb.debian.org/debian";

/// Runs its arguments within the folder `$0`. What is mounted for that is seen by that process alone, and goes with it. The
/// folder for temporary files is the one outside: the desktop of the suites is in it.
const WITHIN: &str = r#"set -e
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mkdir -p "$0$TEMPORARY"
mount --bind "$TEMPORARY" "$0$TEMPORARY"
exec chroot "$0" "$@""#;

/// The system. The folder goes when this is dropped.
pub(crate) struct Debian {
    folder: TempDir,
}

impl Debian {
    /// One with nothing installed. What it begins as is made once, and kept.
    pub(crate) fn bare() -> Result<Self> {
        let kept = kept()?;
        let folder = tempfile::Builder::new()
            .prefix("debian-12-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let debian = Self { folder };
        succeed(Command::new("cp").arg("--archive").arg(kept).arg(debian.root()))?;
        debian.run(&["apt-get", "--quiet", "update"])?;
        Ok(debian)
    }

    /// Installs a package from a file with all that it depends on and what that recommends, as a person does, or upgrades to it.
    pub(crate) fn install(&self, package: &Path) -> Result<()> {
        fs::copy(package, self.root().join("package.deb"))?;
        let options = ["--quiet", "--yes"];
        self.run(&[&["apt-get", "install"][..], &options, &["/package.deb"]].concat())?;
        Ok(fs::remove_file(self.root().join("package.deb"))?)
    }

    /// Removes a package with what it put anywhere.
    pub(crate) fn purge(&self, package: &str) -> Result<()> {
        self.run(&["apt-get", "purge", "--quiet", "--yes", package])
    }

    /// The version of a package that is installed.
    pub(crate) fn version(&self, package: &str) -> Result<String> {
        let output = self
            .within(&["dpkg-query", "--show", "--showformat=${Version}", package])
            .output()?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Every file and folder in it whose name has that word, temporary ones excepted.
    pub(crate) fn named(&self, word: &str) -> Result<Vec<String>> {
        let output = Command::new("find")
            .arg(self.root())
            .args(["-xdev", "-path", "*/tmp", "-prune", "-o", "-iname"])
            .args([&format!("*{word}*"), "-print"])
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?
            .lines()
            .map(str::to_owned)
            .collect())
    }

    /// A program outside, of the same name, that runs one of `/usr/bin` within.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        let text = format!(
            "#!/bin/sh\nexport TEMPORARY='{}'\nexec unshare --mount sh -c '{WITHIN}' '{}' /usr/bin/{name} \"$@\"\n",
            std::env::temp_dir().display(),
            self.root().display()
        );
        fs::write(&path, text)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
        Ok(path)
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn run(&self, line: &[&str]) -> Result<()> {
        succeed(self.within(line).env("DEBIAN_FRONTEND", "noninteractive"))
    }

    fn within(&self, line: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", WITHIN])
            .arg(self.root())
            .args(line)
            .env("TEMPORARY", std::env::temp_dir())
            // What Python there compiles belongs there.
            .env_remove("PYTHONPYCACHEPREFIX");
        command
    }
}

/// The system as `debootstrap` makes it, made anew where that was interrupted.
fn kept() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let kept = folder.join("debian-12");
    if !kept.exists() {
        let part = folder.join("debian-12-part");
        if part.exists() {
            fs::remove_dir_all(&part)?;
        }
        let mut make = Command::new("debootstrap");
        succeed(
            make.args(["--variant=minbase", "bookworm"])
                .arg(&part)
                .arg(MIRROR),
        )?;
        fs::write(part.join("etc/apt/sources.list"), SOURCES)?;
        fs::rename(&part, &kept)?;
    }
    Ok(kept)
}

/// The same package under another version, as a release before it would be.
pub(crate) fn with_version(package: &Path, version: &str, folder: &Path) -> Result<PathBuf> {
    let unpacked = folder.join("package");
    let unpack = [
        "--raw-extract".as_ref(),
        package.as_os_str(),
        unpacked.as_os_str(),
    ];
    succeed(Command::new("dpkg-deb").args(unpack))?;
    let control = unpacked.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    let is_version = |line: &&str| line.starts_with("Version:");
    let old = text
        .lines()
        .find(is_version)
        .context("the package has no version")?;
    fs::write(&control, text.replace(old, &format!("Version: {version}")))?;
    let package = folder.join(format!("leeward_{version}.deb"));
    succeed(
        Command::new("dpkg-deb")
            .arg("--build")
            .arg(&unpacked)
            .arg(&package),
    )?;
    Ok(package)
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{} does not start", command.get_program().display()))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
