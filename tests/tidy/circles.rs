//! Modules of a crate that import each other in a circle: neither can be read, tested or moved alone.

use crate::assert_none;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemUse, UseTree};

/// A module's path within its crate; the crate's root is the empty one.
type Module = Vec<String>;

/// The folders whose Rust files make one crate each.
const CRATES: &[&str] = &[
    "src-tauri/src",
    "src-tauri/crates/airflow/src",
    "src-tauri/crates/cli/src",
    "src-tauri/crates/commands/src",
    "src-tauri/crates/exchange/src",
    "src-tauri/crates/merge/src",
    "src-tauri/crates/model/src",
    "src-tauri/crates/profile/src",
    "src-tauri/crates/schema/src",
    "src-tauri/crates/store/src",
    "src-tauri/crates/sync/src",
    "src-tauri/crates/tables/src",
    "tests/harness",
    "tests/simulation/src",
    "xtask/src",
];

/// What each module of a crate imports from others of it. The root is left out, since it holds them all; so is what a
/// module imports from those it holds itself: a module and the ones below it may share a type.
fn imports(files: &BTreeMap<Module, File>) -> BTreeMap<Module, BTreeSet<Module>> {
    let exported = exports(files);
    let imports_of = |(module, file): (&Module, &File)| {
        let mut names = Names::of(module);
        names.visit_file(file);
        let modules = names
            .found
            .iter()
            .filter_map(|name| owner(name, files, &exported));
        let others = modules.filter(|other| !other.starts_with(module) && !other.is_empty());
        (module.clone(), others.collect())
    };
    files
        .iter()
        .filter(|(module, _)| !module.is_empty())
        .map(imports_of)
        .collect()
}

/// The module that a name is from; a name that the root re-exports is from where the root has it.
fn owner(
    name: &[String],
    files: &BTreeMap<Module, File>,
    exported: &BTreeMap<String, Module>,
) -> Option<Module> {
    let module = (0..=name.len())
        .rev()
        .map(|length| name[..length].to_vec())
        .find(|prefix| files.contains_key(prefix))?;
    match name.first() {
        Some(first) if module.is_empty() => exported.get(first).cloned(),
        _ => Some(module),
    }
}

/// What the root re-exports, and from which module.
fn exports(files: &BTreeMap<Module, File>) -> BTreeMap<String, Module> {
    let Some(root) = files.get(&Module::new()) else {
        return BTreeMap::new();
    };
    let uses = root.items.iter().filter_map(|item| match item {
        Item::Use(item) => Some(item),
        _ => None,
    });
    let paths = uses.flat_map(|item| paths_of(&item.tree));
    let named = paths.filter_map(|mut path| {
        path.retain(|part| part != "crate" && part != "self");
        let name = path.pop()?;
        files.contains_key(&path).then_some((name, path))
    });
    named.collect()
}

/// The names within the crate that a file uses; those of its unit tests do not count.
struct Names<'m> {
    module: &'m Module,
    found: BTreeSet<Vec<String>>,
}

impl<'m> Names<'m> {
    fn of(module: &'m Module) -> Self {
        let found = BTreeSet::new();
        Self { module, found }
    }

    /// Keeps a path that begins at the root, at this module or above it.
    fn add(&mut self, path: &[String]) {
        let above = path.iter().take_while(|part| *part == "super").count();
        let base = match path.first().map(String::as_str) {
            Some("crate") => &[][..],
            Some("self") => self.module,
            Some("super") => &self.module[..self.module.len().saturating_sub(above)],
            _ => return,
        };
        let rest = path.iter().skip(above.max(1));
        self.found.insert(base.iter().chain(rest).cloned().collect());
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for path in paths_of(&item.tree) {
            self.add(&path);
        }
    }

    /// `pub(super)` uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.add(&parts);
        visit::visit_path(self, path);
    }
}

fn is_test(item: &Item) -> bool {
    let is_cfg_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    };
    match item {
        Item::Mod(module) => module.attrs.iter().any(is_cfg_test),
        Item::Use(item) => item.attrs.iter().any(is_cfg_test),
        _ => false,
    }
}

fn paths_of(tree: &UseTree) -> Vec<Vec<String>> {
    let under = |name: String, rest: Vec<Vec<String>>| {
        let with = |path: Vec<String>| std::iter::once(name.clone()).chain(path).collect();
        rest.into_iter().map(with).collect()
    };
    match tree {
        UseTree::Path(path) => under(path.ident.to_string(), paths_of(&path.tree)),
        UseTree::Name(name) if name.ident == "self" => vec![Vec::new()],
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(rename) => vec![vec![rename.ident.to_string()]],
        UseTree::Glob(_) => vec![Vec::new()],
        UseTree::Group(group) => group.items.iter().flat_map(paths_of).collect(),
    }
}

/// One line for each module from which one comes back to itself.
fn findings(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<String> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = imports
        .keys()
        .map(|module| (module, reach(module, imports)))
        .collect();
    let circle = |(module, all): (&&Module, &BTreeSet<&Module>)| {
        let back = |next: &&Module| reached.get(next).is_some_and(|all| all.contains(*module));
        let through: Vec<String> = imports[*module]
            .iter()
            .filter(|next| back(next))
            .map(|next| next.join("::"))
            .collect();
        let name = module.join("::");
        all.contains(*module)
            .then(|| format!("{name} is in a circle, through {}", through.join(", ")))
    };
    reached.iter().filter_map(circle).collect()
}

fn reach<'m>(from: &Module, imports: &'m BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = imports[from].iter().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(imports.get(module).into_iter().flatten());
        }
    }
    reached
}

fn files_of(folder: &Path) -> BTreeMap<Module, File> {
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.insert(module_of(folder, &path), syn::parse_file(&text).unwrap());
            }
        }
    }
    files
}

fn module_of(folder: &Path, path: &Path) -> Module {
    let within = path.strip_prefix(folder).unwrap().with_extension("");
    let mut module: Module = within
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if module == ["lib"] || module == ["main"] {
        module.clear();
    }
    module
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let found = CRATES.iter().flat_map(|folder| {
        let lines = findings(&imports(&files_of(&root.join(folder))));
        lines.into_iter().map(move |line| format!("{folder}: {line}"))
    });
    assert_none(&found.collect::<Vec<_>>());
}

#[test]
fn a_circle_is_found_however_it_is_spelled() {
    let crate_of = |files: &[(&str, &str)]| {
        let file = |(path, text): &(&str, &str)| {
            let module = module_of(Path::new("src"), Path::new(path));
            (module, syn::parse_str(text).unwrap())
        };
        findings(&imports(&files.iter().map(file).collect()))
    };
    let root = ("src/lib.rs", "mod a; mod b; pub use b::B;");
    for (a, b) in [
        ("use crate::b::f;", "use crate::a::g;"),
        ("use crate::{b::{self, f}};", "fn h() { crate::a::g() }"),
        ("use crate::B;", "use super::a;"),
    ] {
        let found = crate_of(&[root, ("src/a.rs", a), ("src/b.rs", b)]);
        assert_eq!(
            found,
            ["a is in a circle, through b", "b is in a circle, through a"],
            "{a} {b}"
        );
    }
    let test = "#[cfg(test)] mod tests { use crate::a; }";
    assert!(crate_of(&[root, ("src/a.rs", "use crate::b;"), ("src/b.rs", test)]).is_empty());
    let held = ("src/a/c.rs", "use super::g;");
    assert!(crate_of(&[("src/a.rs", "mod c; use self::c::f;"), held]).is_empty());
    let around = crate_of(&[
        ("src/a.rs", "use crate::b;"),
        held,
        ("src/b.rs", "use crate::a::c;"),
    ]);
    assert_eq!(around.len(), 3, "{around:?}");
}
