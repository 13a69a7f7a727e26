//! Rendering `icons/*.svg` to what Tauri's bundles and the tray need. The results are committed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{apt, paths, shell};

/// PNGs of the app's icon: name and size in pixels.
const APP: &[(&str, u32)] = &[
    ("32x32.png", 32),
    ("64x64.png", 64),
    ("128x128.png", 128),
    ("128x128@2x.png", 256),
    ("icon.png", 512),
];

/// Sizes in `icon.ico`, for Windows.
const ICO: &[u32] = &[16, 24, 32, 48, 64, 256];

/// Types and sizes in `icon.icns`, for macOS: those that hold a PNG.
const ICNS: &[(&[u8; 4], u32)] = &[
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic09", 512),
    (b"ic10", 1024),
];

/// Up to here the small drawing is the clearer one.
const LARGEST_SMALL: u32 = 32;

/// Trays show 16 to 24 logical pixels; this serves doubled screens too.
const TRAY: u32 = 64;

/// Renders everything below `icons/`.
pub(crate) fn render() -> Result<()> {
    apt::ensure(&["librsvg2-bin"])?;
    let folder = paths::root().join("icons");
    for (name, size) in APP {
        write(&folder.join(name), &app_png(*size)?)?;
    }
    write(&folder.join("icon.ico"), &ico(&app_pngs(ICO)?)?)?;
    let sizes: Vec<u32> = ICNS.iter().map(|(_, size)| *size).collect();
    write(&folder.join("icon.icns"), &icns(&app_pngs(&sizes)?)?)?;
    for state in drawings(&folder.join("tray"))? {
        write(&state.with_extension("png"), &png(&state, TRAY)?)?;
    }
    Ok(())
}

fn app_pngs(sizes: &[u32]) -> Result<Vec<(u32, Vec<u8>)>> {
    sizes.iter().map(|size| Ok((*size, app_png(*size)?))).collect()
}

/// Small sizes have a drawing of their own, without the details that would blur.
fn app_png(size: u32) -> Result<Vec<u8>> {
    let drawing = if size <= LARGEST_SMALL {
        "icons/leeward-small.svg"
    } else {
        "icons/leeward.svg"
    };
    png(&paths::root().join(drawing), size)
}

fn drawings(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "svg"));
    found.sort();
    Ok(found)
}

fn png(drawing: &Path, size: u32) -> Result<Vec<u8>> {
    let side = size.to_string();
    let mut render = shell::command("rsvg-convert", &["--width", &side, "--height", &side]);
    let output = render
        .arg(drawing)
        .output()
        .context("rsvg-convert does not start")?;
    anyhow::ensure!(
        output.status.success(),
        "rsvg-convert cannot read {}",
        drawing.display()
    );
    Ok(output.stdout)
}

/// An ICO container with PNGs inside (readable since Windows Vista).
fn ico(pictures: &[(u32, Vec<u8>)]) -> Result<Vec<u8>> {
    const HEADER_BYTES: usize = 6;
    const ENTRY_BYTES: usize = 16;
    let mut file = [&[0, 0, 1, 0][..], &u16::try_from(pictures.len())?.to_le_bytes()].concat();
    let mut offset = HEADER_BYTES + ENTRY_BYTES * pictures.len();
    for (size, png) in pictures {
        // 0 stands for 256.
        let side = u8::try_from(*size).unwrap_or(0);
        file.extend([side, side, 0, 0, 1, 0, 32, 0]);
        file.extend(u32::try_from(png.len())?.to_le_bytes());
        file.extend(u32::try_from(offset)?.to_le_bytes());
        offset += png.len();
    }
    pictures.iter().for_each(|(_, png)| file.extend(png));
    Ok(file)
}

/// An ICNS container with PNGs inside.
fn icns(pictures: &[(u32, Vec<u8>)]) -> Result<Vec<u8>> {
    const HEADER_BYTES: usize = 8;
    let mut body = Vec::new();
    for ((kind, _), (_, png)) in ICNS.iter().zip(pictures) {
        body.extend(*kind);
        body.extend(u32::try_from(png.len() + HEADER_BYTES)?.to_be_bytes());
        body.extend(png);
    }
    let length = u32::try_from(body.len() + HEADER_BYTES)?.to_be_bytes();
    Ok([&b"icns"[..], &length, &body].concat())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    println!("  {}", path.strip_prefix(paths::root()).unwrap_or(path).display());
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ico_points_at_its_pictures() {
        let file = ico(&[(16, vec![1; 5]), (256, vec![2; 7])]).unwrap();
        assert_eq!(file.len(), 6 + 2 * 16 + 5 + 7);
        assert_eq!(&file[6 + 16 + 12..6 + 16 + 16], &(38_u32 + 5).to_le_bytes());
        assert_eq!(file[6 + 16], 0, "256 is written as 0");
    }

    #[test]
    fn an_icns_says_its_length() {
        let file = icns(&[(16, vec![9; 3])]).unwrap();
        assert_eq!(file.len(), 8 + 8 + 3);
        assert_eq!(&file[4..8], &19_u32.to_be_bytes());
    }
}
