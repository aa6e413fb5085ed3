//! No two files of a crate need each other. What a file of a folder says of its folder's own module (`super::`) is no arrow: a module
//! and its parts are one thing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

type Module = Vec<String>;

/// The modules of a crate by their paths, each with its file.
fn modules(folder: &Path, path: &Module, found: &mut BTreeMap<Module, PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.unwrap().path();
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner: Module = path.iter().cloned().chain([name.clone()]).collect();
        if entry.is_dir() {
            modules(&entry, &inner, found);
        } else if entry.extension() == Some("rs".as_ref()) {
            match name.as_str() {
                "lib" | "main" | "tests" | "documented" => {}
                "mod" => drop(found.insert(path.clone(), entry)),
                _ => drop(found.insert(inner, entry)),
            }
        }
    }
}

/// Code without comments, and without the tests in the same file.
fn code(file: &Path) -> String {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new("//[^\n]*").unwrap());
    static TESTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"#\[cfg\(test\)\]\s*mod \w+ \{").unwrap());
    let text = fs::read_to_string(file).unwrap();
    let text = COMMENT.replace_all(&text, "").into_owned();
    let end = TESTS.find(&text).map_or(text.len(), |tests| tests.start());
    text[..end].to_owned()
}

/// The paths of `a::{b, c::d}`.
fn leaves(tree: &str, prefix: &[String], found: &mut Vec<Vec<String>>) {
    let (mut depth, mut begin) = (0, 0);
    let mut parts = Vec::new();
    for (place, character) in tree.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[begin..place]);
                begin = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[begin..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let (path, inner) = match part.split_once('{') {
            Some((path, inner)) => (path, inner.strip_suffix('}')),
            None => (part.split(" as ").next().unwrap(), None),
        };
        let steps = path.split("::").map(str::trim).filter(|step| !step.is_empty()).map(str::to_owned);
        let path: Vec<String> = prefix.iter().cloned().chain(steps).collect();
        match inner {
            Some(inner) => leaves(inner, &path, found),
            None => found.push(path),
        }
    }
}

/// The modules that a file names, as far as its path is followed.
fn named(module: &Module, code: &str, modules: &BTreeMap<Module, PathBuf>) -> BTreeSet<Module> {
    static USE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);").unwrap());
    static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\w+(?:::\w+)+").unwrap());
    let mut paths = Vec::new();
    for tree in USE.captures_iter(code) {
        leaves(&tree[1], &[], &mut paths);
    }
    for path in PATH.find_iter(&USE.replace_all(code, "")) {
        paths.push(path.as_str().split("::").map(str::to_owned).collect());
    }
    let target = |path: Vec<String>| {
        let mut place = module.clone();
        let mut steps = path.iter().peekable();
        match path[0].as_str() {
            "crate" => place.clear(),
            "self" => {}
            "super" => {
                while steps.next_if(|step| *step == "super").is_some() {
                    place.pop();
                }
            }
            child if modules.contains_key(&[module.as_slice(), &[child.to_owned()]].concat()) => {}
            _ => return None,
        }
        steps.next_if(|step| ["crate", "self"].contains(&step.as_str()));
        for step in steps {
            let inner = [place.as_slice(), std::slice::from_ref(step)].concat();
            if !modules.contains_key(&inner) {
                break;
            }
            place = inner;
        }
        (!module.starts_with(&place) && modules.contains_key(&place)).then_some(place)
    };
    paths.into_iter().filter_map(target).collect()
}

/// The modules of a crate from which a way leads back.
fn in_circles(source: &Path) -> BTreeSet<String> {
    let mut files = BTreeMap::new();
    modules(source, &Vec::new(), &mut files);
    let arrows: BTreeMap<&Module, BTreeSet<Module>> =
        files.iter().map(|(module, file)| (module, named(module, &code(file), &files))).collect();
    let leads_back = |start: &Module| {
        let mut known: BTreeSet<&Module> = BTreeSet::new();
        let mut left: Vec<&Module> = arrows[start].iter().collect();
        while let Some(module) = left.pop() {
            if known.insert(module) {
                left.extend(&arrows[module]);
            }
        }
        known.contains(start)
    };
    files.keys().filter(|module| leads_back(module)).map(|module| module.join("::")).collect()
}

/// How many files are part of a circle. It only shrinks.
const IN_CIRCLES: usize = 57;

#[test]
fn no_further_file_needs_one_that_needs_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let sources = crates.chain([root.to_owned()]).map(|folder| folder.join("src"));
    let found: BTreeMap<String, BTreeSet<String>> = sources
        .map(|source| (source.strip_prefix(root).unwrap().display().to_string(), in_circles(&source)))
        .filter(|(_, modules)| !modules.is_empty())
        .collect();
    let number: usize = found.values().map(BTreeSet::len).sum();
    assert_eq!(number, IN_CIRCLES, "{found:#?}");
}
