//! What a command is, and how its declaration is read.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use syn::{Attribute, Expr, FnArg, Item, ItemFn, Lit, Meta, Pat, ReturnType, Type};

/// A command, as its function declares it.
#[derive(Clone)]
pub struct Command {
    /// The file that it is in, without `.rs`.
    pub module: String,
    /// The function's name, which is the command's.
    pub name: String,
    /// The doc comment, by lines.
    pub docs: Vec<String>,
    /// What it takes, in order, also what Tauri itself gives it.
    pub arguments: Vec<Argument>,
    /// What it returns.
    pub answer: Type,
}

/// What a command takes.
#[derive(Clone)]
pub struct Argument {
    /// Its name in Rust.
    pub name: String,
    /// Its type.
    pub kind: Type,
}

/// Why commands cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A folder or a file.
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    /// A file that is no Rust.
    #[error("{0} cannot be parsed: {1}")]
    NoRust(String, syn::Error),
    /// A command that nothing can be generated for.
    #[error("the command {name}: {what}")]
    Unsupported {
        /// The command.
        name: String,
        /// What is wrong with it, and what to do.
        what: String,
    },
}

/// Reads the commands of every file of the folder, in the order of the files' names and in that of the files.
///
/// # Errors
/// When a file cannot be read or parsed, or declares a command that nothing can be generated for.
pub fn read(folder: &Path) -> Result<Vec<Command>, Fault> {
    let mut commands = Vec::new();
    for path in files(folder).map_err(|error| Fault::Unreadable(folder.into(), error))? {
        let text = fs::read_to_string(&path).map_err(|error| Fault::Unreadable(path.clone(), error))?;
        let module = path.file_stem().unwrap_or_default().to_string_lossy();
        commands.extend(parse(&module, &text)?);
    }
    check_names(&commands)?;
    Ok(commands)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    Ok(files)
}

/// Tauri knows a command by its name alone.
fn check_names(commands: &[Command]) -> Result<(), Fault> {
    let mut modules = BTreeMap::new();
    for Command { name, module, .. } in commands {
        if let Some(other) = modules.insert(name, module) {
            let what = format!("it is in {other}.rs and in {module}.rs; rename one of them");
            return Err(unsupported(name, what));
        }
    }
    Ok(())
}

/// Reads the commands of one file.
///
/// # Errors
/// When it cannot be parsed, or declares a command that nothing can be generated for.
pub fn parse(module: &str, text: &str) -> Result<Vec<Command>, Fault> {
    let file = syn::parse_file(text).map_err(|error| Fault::NoRust(format!("{module}.rs"), error))?;
    let functions = file.items.into_iter().filter_map(|item| match item {
        Item::Fn(function) => Some(function),
        _ => None,
    });
    functions
        .filter(|function| function.attrs.iter().any(is_command))
        .map(|function| command(module, function))
        .collect()
}

fn is_command(attribute: &Attribute) -> bool {
    let path = attribute.path();
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == "command")
}

fn command(module: &str, function: ItemFn) -> Result<Command, Fault> {
    let name = function.sig.ident.to_string();
    check_attributes(&name, &function.attrs)?;
    let arguments = function
        .sig
        .inputs
        .into_iter()
        .map(|input| argument(&name, input));
    let arguments = arguments.collect::<Result<_, _>>()?;
    let ReturnType::Type(_, answer) = function.sig.output else {
        return Err(unsupported(&name, "it must return an `Answer`"));
    };
    Ok(Command {
        module: module.into(),
        docs: docs(&function.attrs),
        name,
        arguments,
        answer: *answer,
    })
}

/// A command that is there on some systems only, or whose arguments have other names, would need more than its name.
fn check_attributes(name: &str, attributes: &[Attribute]) -> Result<(), Fault> {
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            return Err(unsupported(name, "take `#[cfg]` off; decide inside the function"));
        }
        if is_command(attribute) && !matches!(attribute.meta, Meta::Path(_)) {
            return Err(unsupported(name, "write `#[tauri::command]` without options"));
        }
    }
    Ok(())
}

fn argument(command: &str, input: FnArg) -> Result<Argument, Fault> {
    if let FnArg::Typed(typed) = input
        && let Pat::Ident(name) = *typed.pat
    {
        return Ok(Argument {
            name: name.ident.to_string(),
            kind: *typed.ty,
        });
    }
    Err(unsupported(command, "give each argument a name"))
}

fn docs(attributes: &[Attribute]) -> Vec<String> {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
                Lit::Str(line) => Some(line.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        }
    });
    lines.collect()
}

pub(crate) fn unsupported(name: &str, what: impl Into<String>) -> Fault {
    Fault::Unsupported {
        name: name.into(),
        what: what.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(commands: &[Command]) -> Vec<&str> {
        commands.iter().map(|command| command.name.as_str()).collect()
    }

    /// Every file of the folder is read, and of it the functions that are commands.
    #[test]
    fn a_folder_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "sync.rs",
            "#[tauri::command] async fn sync_now() -> Answer<()> {}",
        );
        write(
            "dags.rs",
            "/// All of them.\n#[tauri::command]\nfn dags(env: String) -> Answer<()> {}\nfn helper() {}",
        );
        write("notes.md", "#[tauri::command]");
        let commands = read(folder.path()).unwrap();
        assert_eq!(names(&commands), ["dags", "sync_now"]);
        assert_eq!(commands[0].module, "dags");
        assert_eq!(commands[0].docs, ["All of them."]);
        assert_eq!(commands[0].arguments[0].name, "env");
    }

    #[test]
    fn two_of_one_name_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.rs", "b.rs"] {
            let text = "#[command] fn status() -> Answer<()> {}";
            fs::write(folder.path().join(file), text).unwrap();
        }
        let fault = read(folder.path()).err().unwrap().to_string();
        let expected = "the command status: it is in a.rs and in b.rs; rename one of them";
        assert_eq!(fault, expected);
    }

    #[test]
    fn what_cannot_be_generated_is_refused() {
        for (text, what) in [
            ("#[command] fn x() {}", "it must return an `Answer`"),
            (
                "#[command(rename_all = \"snake_case\")] fn x() -> Answer<()> {}",
                "write `#[tauri::command]` without options",
            ),
            (
                "#[cfg(unix)] #[command] fn x() -> Answer<()> {}",
                "take `#[cfg]` off; decide inside the function",
            ),
            (
                "#[command] fn x((a, b): (u8, u8)) -> Answer<()> {}",
                "give each argument a name",
            ),
        ] {
            let fault = parse("any", text).err().unwrap().to_string();
            assert_eq!(fault, format!("the command x: {what}"));
        }
    }
}
