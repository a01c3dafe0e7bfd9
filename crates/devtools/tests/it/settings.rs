//! Settings: `.env.example` is made from the table of docs/OPERATIONS.md, which has every setting.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsStr,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

const HEAD: &str = "\
# Every setting, from the table of docs/OPERATIONS.md; made again by
#   UPDATE_ENV_EXAMPLE=1 cargo test -p devtools settings
# docker compose reads .env, which deploy/docker/make-env.sh begins with the secrets; the local stack
# takes settings from the environment.
";

/// The longest line of a comment, in characters.
const WIDTH: usize = 100;

/// A row of the table: settings that are described together.
struct Row {
    names: Vec<String>,
    description: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Returns the rows of the table of settings.
fn table() -> Vec<Row> {
    let text = read("docs/OPERATIONS.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| setting |")).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, names, who, what, _] = cells[..] else { panic!("not a row of three cells: {line}") };
    let names = names.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Row { names, description: plain(&format!("{who}: {what}")) }
}

/// Returns a text without its Markdown: links become their texts.
fn plain(markdown: &str) -> String {
    let mut parts = markdown.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    text.replace(['`', '['], "")
}

/// Returns the text as lines of a comment.
fn comment(text: &str) -> String {
    let (mut lines, mut line) = (String::new(), "#".to_owned());
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(lines, "{line}").unwrap();
            line = "#".to_owned();
        }
        write!(line, " {word}").unwrap();
    }
    lines + &line + "\n"
}

fn example() -> String {
    let mut text = HEAD.to_owned();
    for Row { names, description } in table() {
        write!(text, "\n{}", comment(&description)).unwrap();
        names.iter().for_each(|name| writeln!(text, "#{name}=").unwrap());
    }
    text
}

fn documented() -> BTreeSet<String> {
    table().into_iter().flat_map(|row| row.names).collect()
}

/// Collects the paths of Rust files below a directory.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the names that code passes to the getters of `http_kit::config::Env`.
fn names_read(source: &str) -> impl Iterator<Item = String> {
    const GETTERS: [&str; 7] = [
        "env.required(\"",
        "env.optional(\"",
        "env.parse_or(\"",
        "env.parse_optional(\"",
        "env.list(\"",
        "env.urls(\"",
        "within(env, \"",
    ];
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    GETTERS.into_iter().flat_map(move |getter| {
        let calls = code.split(getter).skip(1);
        calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
    })
}

#[test]
fn the_example_has_every_setting_of_the_table() {
    let path = root().join(".env.example");
    if env::var_os("UPDATE_ENV_EXAMPLE").is_some() {
        fs::write(&path, example()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(written == example(), "run this test with UPDATE_ENV_EXAMPLE=1");
}

#[test]
fn every_setting_that_a_process_reads_is_in_the_table() {
    let (documented, mut files) = (documented(), Vec::new());
    for service in ["user", "prompt", "test", "marketplace", "analytics"] {
        sources(&root().join("services").join(service).join("src"), &mut files);
    }
    sources(&root().join("gateway/src"), &mut files);
    // What the programs read themselves is said by their --help.
    let programs = ["cli", "devtools", "testkit"].map(OsStr::new);
    for kit in fs::read_dir(root().join("crates")).unwrap() {
        let kit = kit.unwrap();
        if !programs.contains(&kit.file_name().as_os_str()) {
            sources(&kit.path().join("src"), &mut files);
        }
    }
    let mut seen = 0;
    for file in files {
        for name in names_read(&fs::read_to_string(&file).unwrap()) {
            assert!(documented.contains(&name), "{name}, read in {}", file.display());
            seen += 1;
        }
    }
    assert!(
        seen >= 20,
        "only {seen} settings were found in the code: their getters have new names"
    );
}

#[test]
fn every_setting_that_compose_passes_on_is_in_the_table() {
    let (compose, documented) = (read("docker-compose.yml"), documented());
    let names = compose.split("${").skip(1).filter_map(|rest| rest.split([':', '}']).next());
    let names: BTreeSet<&str> = names.collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(documented.contains(name), "{name}");
    }
}
