//! The TypeScript by which the window calls the commands.

use crate::command::{Argument, Command, Fault, unsupported};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// What Tauri itself gives a command; the window does not send it. `Open` is the app's own name for a `State`.
const GIVEN_BY_TAURI: &[&str] = &["AppHandle", "Open", "State", "WebviewWindow"];

/// What returns a command's result or its `Problem`.
const ANSWERS: &[&str] = &["Answer", "Result"];

/// The content of `ui/src/lib/platform/commands.ts`. `bindings` is that of `ui/src/lib/bindings.ts`, which has the types.
///
/// # Errors
/// When a command takes or returns what has no type in TypeScript.
pub fn wrapper(commands: &[Command], bindings: &str) -> Result<String, Fault> {
    let mut types = Types::of(bindings);
    let calls = commands
        .iter()
        .map(|command| call(command, &mut types).map_err(|what| unsupported(&command.name, what)))
        .collect::<Result<Vec<String>, Fault>>()?;
    let used: Vec<String> = types.used.iter().map(|name| format!("  {name},\n")).collect();
    Ok(format!(
        "// Generated from src-tauri/src/commands by `cargo xtask bindings`; do not edit.\n\
         import {{ invoke }} from \"@tauri-apps/api/core\";\n\
         import type {{\n{}}} from \"$lib/bindings\";\n\n\
         /** The app's commands. Each rejects with a `Problem`. */\n\
         export const commands = {{\n{}}};\n\n\
         export type Commands = typeof commands;\n",
        used.concat(),
        calls.concat()
    ))
}

/// One method.
fn call(command: &Command, types: &mut Types) -> Result<String, String> {
    let mut parameters = Vec::new();
    let mut names = Vec::new();
    for Argument { name, kind } in &command.arguments {
        if is_given_by_tauri(kind) {
            continue;
        }
        let name = camel_case(name);
        parameters.push(format!("{name}: {}", types.written(kind)?));
        names.push(name);
    }
    let answer = types.written(answered(&command.answer)?)?;
    let sent = match names.as_slice() {
        [] => String::new(),
        names => format!(", {{ {} }}", names.join(", ")),
    };
    let Command { name, docs, .. } = command;
    let mut text = documentation(docs);
    let (method, parameters) = (camel_case(name), parameters.join(", "));
    let _ = writeln!(
        text,
        "  {method}: ({parameters}): Promise<{answer}> => invoke(\"{name}\"{sent}),"
    );
    Ok(text)
}

fn documentation(lines: &[String]) -> String {
    match lines {
        [] => String::new(),
        [line] => format!("  /** {line} */\n"),
        lines => {
            let lines: Vec<String> = lines.iter().map(|line| format!("   * {line}\n")).collect();
            format!("  /**\n{}   */\n", lines.concat())
        }
    }
}

fn is_given_by_tauri(kind: &Type) -> bool {
    segment(kind).is_some_and(|segment| GIVEN_BY_TAURI.iter().any(|given| segment.ident == given))
}

/// What a command returns when it does not fail.
fn answered(kind: &Type) -> Result<&Type, String> {
    let answer = segment(kind).filter(|segment| ANSWERS.iter().any(|name| segment.ident == name));
    answer
        .and_then(|segment| generics(segment).into_iter().next())
        .ok_or_else(|| "it must return an `Answer`".to_owned())
}

/// How types of Rust are written in TypeScript, as serde writes their values.
struct Types {
    known: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Types {
    fn of(bindings: &str) -> Self {
        let exported = bindings
            .lines()
            .filter_map(|line| line.strip_prefix("export type "));
        // One with parameters is `PullAnswer<R = RecordView>`.
        let names = exported.filter_map(|rest| rest.split([' ', '<']).next());
        Self {
            known: names.map(str::to_owned).collect(),
            used: BTreeSet::new(),
        }
    }

    fn written(&mut self, kind: &Type) -> Result<String, String> {
        match kind {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Ok("void".into()),
            Type::Reference(reference) => self.written(&reference.elem),
            _ => match segment(kind) {
                Some(segment) => self.named(segment),
                None => Err("only named types, references and `()` can be sent".into()),
            },
        }
    }

    fn named(&mut self, segment: &PathSegment) -> Result<String, String> {
        let name = segment.ident.to_string();
        let inner = generics(segment);
        match (name.as_str(), inner.as_slice()) {
            ("String" | "str" | "Ulid", []) => Ok("string".into()),
            ("bool", []) => Ok("boolean".into()),
            ("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "f64", []) => Ok("number".into()),
            ("Value", []) => Ok("unknown".into()),
            ("Option", [inner]) => Ok(format!("{} | null", self.written(inner)?)),
            ("Vec", [inner]) => Ok(self.list(inner)?),
            ("BTreeMap" | "Map", [key, value]) => {
                let (key, value) = (self.written(key)?, self.written(value)?);
                Ok(format!("Record<{key}, {value}>"))
            }
            (_, inner) if self.known.contains(&name) => {
                self.used.insert(name.clone());
                self.with_parameters(name, inner)
            }
            _ => Err(format!(
                "{name} is not in the bindings; give it `TS`, and name it in crates/model/src/bindings.rs"
            )),
        }
    }

    fn with_parameters(&mut self, name: String, parameters: &[&Type]) -> Result<String, String> {
        let written = parameters.iter().map(|kind| self.written(kind));
        let written = written.collect::<Result<Vec<_>, _>>()?;
        Ok(match written.as_slice() {
            [] => name,
            written => format!("{name}<{}>", written.join(", ")),
        })
    }

    fn list(&mut self, inner: &Type) -> Result<String, String> {
        let inner = self.written(inner)?;
        let is_union = inner.contains('|');
        Ok(if is_union {
            format!("({inner})[]")
        } else {
            format!("{inner}[]")
        })
    }
}

fn segment(kind: &Type) -> Option<&PathSegment> {
    match kind {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn generics(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(kind) => Some(kind),
        _ => None,
    });
    types.collect()
}

/// As Tauri expects the names of arguments.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut joined, word| {
        let mut letters = word.chars();
        joined.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        joined + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    const BINDINGS: &str =
        "export type Change = { };\n\nexport type DagView = { };\n\nexport type Page<R = DagView> = { };\n";

    fn written(text: &str) -> Result<String, String> {
        let commands = parse("any", text).unwrap();
        wrapper(&commands, BINDINGS).map_err(|fault| fault.to_string())
    }

    /// Names as the window has them, types as serde writes them, nothing of what Tauri itself gives.
    #[test]
    fn a_command_is_a_typed_method() {
        let text = "/// One DAG.\n#[tauri::command]\npub(crate) async fn dag_of(app: AppHandle, open: Open<'_>, \
                    env: String, dag_id: Option<Ulid>, fields: BTreeMap<String, Change>) -> Answer<Vec<DagView>> {}";
        let expected = "// Generated from src-tauri/src/commands by `cargo xtask bindings`; do not edit.
import { invoke } from \"@tauri-apps/api/core\";
import type {
  Change,
  DagView,
} from \"$lib/bindings\";

/** The app's commands. Each rejects with a `Problem`. */
export const commands = {
  /** One DAG. */
  dagOf: (env: string, dagId: string | null, fields: Record<string, Change>): Promise<DagView[]> => invoke(\"dag_of\", { env, dagId, fields }),
};

export type Commands = typeof commands;
";
        assert_eq!(written(text).unwrap(), expected);
    }

    #[test]
    fn types_are_written_as_serde_writes_their_values() {
        for (rust, typescript) in [
            ("()", "void"),
            ("&'static str", "string"),
            ("bool", "boolean"),
            ("u64", "number"),
            ("Vec<Option<f64>>", "(number | null)[]"),
            ("leeward_model::Value", "unknown"),
            ("Map<String, Value>", "Record<string, unknown>"),
            ("Page<Change>", "Page<Change>"),
        ] {
            let text = written(&format!("#[command] fn x() -> Answer<{rust}> {{}}")).unwrap();
            let line = format!("  x: (): Promise<{typescript}> => invoke(\"x\"),\n");
            assert!(text.contains(&line), "{rust}: {text}");
        }
    }

    #[test]
    fn a_type_that_the_window_does_not_know_is_refused() {
        let fault = written("#[command] fn x(secret: SecretText) -> Answer<()> {}").unwrap_err();
        assert!(
            fault.starts_with("the command x: SecretText is not in the bindings"),
            "{fault}"
        );
        let fault = written("#[command] fn x() -> String {}").unwrap_err();
        assert_eq!(fault, "the command x: it must return an `Answer`");
    }
}
