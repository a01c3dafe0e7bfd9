//! Which file may name which: the arrows of docs/ARCHITECTURE.md, read from the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

/// The rooms of a service, lowest first. A file names its own room and lower ones only.
const RANKS: [(&str, u8); 10] = [
    ("domain", 0),
    ("config", 1),
    ("clients", 2),
    ("repo", 2),
    ("error", 3),
    ("service", 4),
    ("state", 4),
    ("jobs", 5),
    ("routes", 5),
    ("lib", 6),
];

/// The modules of a crate by path (`service::purchases`), each with the modules that it names.
type Uses = BTreeMap<String, BTreeSet<String>>;

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|it| it == "rs") {
            found.push(entry);
        }
    }
}

/// Every path that a use tree stands for: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str, prefix: &str, paths: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    let mut parts = Vec::new();
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('{') {
            Some((head, rest)) => {
                let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
                expand(inner, &format!("{prefix}{}", head.trim()), paths);
            }
            None => paths.push(format!("{prefix}{part}")),
        }
    }
}

/// The longest module of the crate that `path` begins with, when that is not the root.
fn module_of(path: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut path = path.split(" as ").next().unwrap_or(path).trim();
    loop {
        if modules.contains(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}

/// What the files of a crate name of each other. A `pub use` of a child is how a module is laid
/// out, not a dependency on it; neither is the `super::*` of unit tests.
fn uses(src: &Path) -> Uses {
    let statement =
        Regex::new(r"(?m)^\s*(pub(?:\(.*?\))? )?use ((?:crate|super|self)\b[^;]*);").unwrap();
    let inline = Regex::new(r"\b(crate(?:::[a-z_0-9]+)+)").unwrap();
    let comment = Regex::new(r"(?m)//.*$").unwrap();
    let mut files = Vec::new();
    rust_files(src, &mut files);
    let name = |file: &Path| {
        let path = file.strip_prefix(src).unwrap().with_extension("");
        path.to_str().unwrap().replace('/', "::")
    };
    let modules: BTreeSet<String> = files.iter().map(|file| name(file)).collect();
    let mut all = Uses::new();
    for file in &files {
        let (own, text) = (name(file), fs::read_to_string(file).unwrap());
        let text = comment.replace_all(&text, "");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let mut paths = Vec::new();
        for found in statement.captures_iter(text) {
            let mut of_one = Vec::new();
            expand(&found[2], "", &mut of_one);
            let public = found.get(1).is_some();
            paths.extend(of_one.into_iter().map(|path| (path, public)));
        }
        paths.extend(inline.captures_iter(text).map(|found| (found[1].to_owned(), false)));
        let named = all.entry(own.clone()).or_default();
        for (path, public) in paths {
            let mut base = own.clone();
            let mut rest = path.as_str();
            while let Some(after) = rest.strip_prefix("super::") {
                base = base.rsplit_once("::").map_or(String::new(), |(up, _)| up.to_owned());
                rest = after;
            }
            let absolute = match rest.strip_prefix("crate::") {
                Some(after) => after.to_owned(),
                None => format!("{base}::{}", rest.trim_start_matches("self::")),
            };
            let Some(module) = module_of(absolute.trim_start_matches("::"), &modules) else {
                continue;
            };
            let child = module.starts_with(&format!("{own}::"));
            if module != own && rest != "*" && !(child && public) {
                named.insert(module);
            }
        }
    }
    all
}

fn rank(module: &str) -> Option<u8> {
    let room = module.split("::").next().unwrap_or(module);
    RANKS.iter().find(|(name, _)| *name == room).map(|(_, rank)| *rank)
}

fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let of = |dir: &str| fs::read_dir(root.join(dir)).unwrap().map(|it| it.unwrap().path());
    of("services")
        .chain(of("crates"))
        .chain([root.join("gateway")])
        .map(|it| it.join("src"))
        .collect()
}

#[test]
fn no_arrow_points_back() {
    let mut back = Vec::new();
    for src in sources().into_iter().filter(|src| src.to_str().unwrap().contains("/services/")) {
        for (from, named) in uses(&src) {
            let Some(own) = rank(&from) else { continue };
            for to in named {
                let Some(other) = rank(&to) else {
                    back.push(format!("{}: {from} names {to}, which is in no room", src.display()));
                    continue;
                };
                let same_room = from.split("::").next() == to.split("::").next();
                let allowed = other < own || same_room || (other == 4 && own == 4);
                if !allowed {
                    back.push(format!("{}: {from} names {to}", src.display()));
                }
            }
        }
    }
    assert!(back.is_empty(), "{} arrows point back:\n{}", back.len(), back.join("\n"));
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for src in sources() {
        let uses = uses(&src);
        for (from, named) in &uses {
            for to in named {
                let (mut seen, mut next) = (BTreeSet::new(), vec![to]);
                while let Some(module) = next.pop() {
                    if seen.insert(module) {
                        next.extend(uses.get(module).into_iter().flatten());
                    }
                }
                if seen.contains(from) {
                    circles.push(format!("{}: {from} -> {to} -> … -> {from}", src.display()));
                }
            }
        }
    }
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
}
