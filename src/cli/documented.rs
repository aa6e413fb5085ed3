//! What the book, the messages and the comments say of the command line, held against the command line itself; and
//! `docs/options.md`, which is written from it.
//!
//! A test only: a command that a page or a hint names, and that is no more, fails here. Deliberately absent: running the commands,
//! which `tests/book/run` does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use regex::Regex;

use super::parse::{command, parse};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PAGE: &str = "docs/options.md";

/// Options of other programs that pages name.
const OF_OTHERS: [&str; 7] =
    ["--env", "--flag-trust-policies", "--ignore-scripts", "--omit", "--quick", "--source-arn", "--write"];

/// All files below a folder whose names end so.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => found.extend(files(&path, extension)),
            false if path.extension().is_some_and(|it| it == extension) => found.push(path),
            false => {}
        }
    }
    found
}

/// The pages of the book and the README.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let mut pages = files(&root.join("docs"), "md");
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root.join(name)));
    pages
}

/// A page's code blocks and the rest of it.
fn parts(text: &str) -> (String, String) {
    let (mut blocks, mut prose) = (String::new(), String::new());
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let ticks: String = line.trim_start().chars().take_while(|it| *it == '`').collect();
        match &fence {
            Some(open) if ticks == *open && line.trim() == ticks => fence = None,
            Some(_) => writeln!(blocks, "{line}").unwrap(),
            None if ticks.len() >= 3 => fence = Some(ticks),
            // An indented line below a list belongs to the list as often as it is code: both readings do no harm.
            None => writeln!(prose, "{line}").unwrap(),
        }
    }
    (blocks, prose)
}

/// The words of a command up to where the shell takes over.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut is_substituted = false;
    for word in shlex::split(text)? {
        if is_substituted {
            is_substituted = !word.ends_with(')');
        } else if word.starts_with("<(") {
            is_substituted = !word.ends_with(')');
            words.push("FILE".to_owned());
        } else if word == "…" || word.starts_with(['|', '>', '<', '&', ';', '#']) || word.starts_with("2>")
        {
            break;
        } else if let Some(last) = word.strip_suffix(';').or_else(|| word.strip_suffix(')')) {
            words.push(last.to_owned());
            break;
        } else {
            words.push(word);
        }
    }
    Some(words)
}

/// A word that stands for what the reader puts there.
fn is_placeholder(word: &str) -> bool {
    word.contains(['…', '{', '$', '<', '[']) || word.chars().all(|it| !it.is_lowercase())
}

/// Why the command line is not one of this program; `None` where it is, or where it is the beginning of one.
fn fault(text: &str, may_be_incomplete: bool) -> Option<String> {
    let Some(words) = words(text) else { return Some("its quotes do not match".to_owned()) };
    let error = parse(words.iter().map(Into::into)).err()?;
    let is_fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => may_be_incomplete,
        // Such as `--file` without its value, in a sentence.
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) if value.is_empty() => may_be_incomplete,
            Some(ContextValue::String(value)) => is_placeholder(value),
            _ => false,
        },
        ErrorKind::InvalidSubcommand => match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(name)) => is_placeholder(name),
            _ => false,
        },
        _ => false,
    };
    (!is_fine).then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[test]
fn every_command_line_in_the_book_is_one_of_this_program() {
    let continued = Regex::new(r"\\\n\s*").unwrap();
    let in_block = Regex::new(
        r"(?m)(?:^[ ]*(?P<prompt>\$ )?(?:- )?(?:run: )?|\$ .*(?:&&|\||;) |[$<]\(|`)(?:uvx )?(?P<text>(?:rolecall|cargo run(?: --quiet)? --) (?P<name>[a-z]+).*)$",
    )
    .unwrap();
    let names: Vec<String> = command().get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let in_prose = Regex::new(r"`((?:uvx )?rolecall [a-z][^`]*)`").unwrap();
    let cargo = Regex::new("^cargo run( --quiet)? --").unwrap();
    let (mut count, mut faults) = (0, Vec::new());
    for page in pages() {
        let (blocks, prose) = parts(&fs::read_to_string(&page).unwrap());
        let blocks = continued.replace_all(&blocks, "").into_owned();
        // Without a prompt, a line that begins with the program's name may be a sentence.
        let in_blocks = in_block.captures_iter(&blocks);
        let in_blocks =
            in_blocks.filter(|it| it.name("prompt").is_some() || names.contains(&it["name"].to_owned()));
        let from_blocks = in_blocks.map(|it| match it[0].trim_start().starts_with('`') {
            // What a command prints quotes commands too.
            true => (it["text"].split('`').next().unwrap_or_default().to_owned(), true),
            false => (it["text"].to_owned(), false),
        });
        let from_prose = in_prose.captures_iter(&prose).map(|it| (it[1].replace('\n', " "), true));
        for (text, may_be_incomplete) in from_blocks.chain(from_prose) {
            let text = cargo.replace(text.trim_start_matches("uvx "), "rolecall").into_owned();
            count += 1;
            if let Some(why) = fault(&text, may_be_incomplete) {
                faults.push(format!("{}: {text}\n    {why}", page.strip_prefix(ROOT).unwrap().display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 300, "only {count} command lines were found");
}

#[test]
fn every_command_line_in_a_message_is_one_of_this_program() {
    let joined = Regex::new(r"\\\n\s*").unwrap();
    let comment = Regex::new(r"\n\s*//[/!]? ?").unwrap();
    let quoted = Regex::new(r#"`(rolecall [a-z](?:[^`\n"\\]|\\")*)`"#).unwrap();
    let (mut count, mut faults) = (0, Vec::new());
    for page in files(&Path::new(ROOT).join("src"), "rs") {
        let text = fs::read_to_string(&page).unwrap();
        let text = comment.replace_all(&joined.replace_all(&text, ""), " ").into_owned();
        for found in quoted.captures_iter(&text) {
            count += 1;
            if let Some(why) = fault(&found[1].replace("\\\"", "\""), true) {
                faults.push(format!(
                    "{}: {}\n    {why}",
                    page.strip_prefix(ROOT).unwrap().display(),
                    &found[1]
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 100, "only {count} command lines were found");
}

fn options(command: &Command, found: &mut Vec<String>) {
    found.extend(command.get_arguments().filter_map(Arg::get_long).map(|name| format!("--{name}")));
    for below in command.get_subcommands() {
        options(below, found);
    }
}

#[test]
fn every_option_that_the_book_names_exists() {
    let mut known: Vec<String> = OF_OTHERS.map(str::to_owned).into();
    known.extend(["--json", "--help", "--version"].map(str::to_owned));
    options(&command(), &mut known);
    let named = Regex::new(r"`(--[a-z][a-z0-9-]*)").unwrap();
    let mut faults = Vec::new();
    let mut unused: Vec<&str> = OF_OTHERS.into();
    for page in pages() {
        let (_, prose) = parts(&fs::read_to_string(&page).unwrap());
        for name in named.captures_iter(&prose).map(|it| it[1].to_owned()) {
            unused.retain(|other| *other != name);
            if !known.contains(&name) {
                faults.push(format!("{}: {name}", page.strip_prefix(ROOT).unwrap().display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(unused.is_empty(), "no page names {unused:?}");
}

/// One line of a table: an option or an argument.
fn row(argument: &Arg) -> String {
    let values: Vec<String> =
        argument.get_value_names().into_iter().flatten().map(ToString::to_string).collect();
    let value = match argument.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count => String::new(),
        _ => values.join(" "),
    };
    let name = match (argument.get_long(), argument.get_short()) {
        (Some(long), Some(short)) => format!("`--{long} {value}`, `-{short}`").replace(" `,", "`,"),
        (Some(long), None) => format!("`{}`", format!("--{long} {value}").trim_end()),
        (None, _) => format!("`{value}`"),
    };
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('\n', " ");
    let mut more = Vec::new();
    let possible: Vec<String> =
        argument.get_possible_values().iter().map(|it| format!("`{}`", it.get_name())).collect();
    if !value.is_empty() && !possible.is_empty() {
        more.push(possible.join(", "));
    }
    let default: Vec<_> =
        argument.get_default_values().iter().map(|it| format!("`{}`", it.to_string_lossy())).collect();
    if !value.is_empty() && !default.is_empty() {
        more.push(format!("without it {}", default.join(" ")));
    }
    if let Some(name) = argument.get_env() {
        more.push(format!("also `{}`", name.to_string_lossy()));
    }
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
    format!("| {name} | {}{} |", escaped(&help), escaped(&more))
}

/// Text as it is in a cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// Each command with its path, without those that only hold others.
fn commands<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
    for below in command.get_subcommands().filter(|it| it.get_name() != "help" && !it.is_hide_set()) {
        let path = format!("{path} {}", below.get_name());
        match below.has_subcommands() {
            true => commands(below, &path, found),
            false => found.push((path, below)),
        }
    }
}

fn page() -> String {
    let mut whole = command();
    whole.build();
    let mut all = Vec::new();
    commands(&whole, "rolecall", &mut all);
    let own = |command: &Command| -> Vec<String> {
        let arguments =
            command.get_arguments().filter(|it| it.get_id() != "help" && it.get_id() != "version");
        arguments.map(row).collect()
    };
    let mut often: BTreeMap<String, usize> = BTreeMap::new();
    for row in all.iter().flat_map(|(_, command)| own(command)) {
        *often.entry(row).or_default() += 1;
    }
    let is_common = |row: &String| often.get(row).is_some_and(|count| *count >= 10);
    let mut page = String::from(
        "# Every option\n\nA test writes this page from the program. `rolecall COMMAND --help` says the same, and the [commands](commands.md) \
         say what each is for.\n\n## Options that many commands have\n\n| option | what it does |\n|---|---|\n",
    );
    let mut common = Vec::new();
    for row in all.iter().flat_map(|(_, command)| own(command)).filter(is_common) {
        if !common.contains(&row) {
            writeln!(page, "{row}").unwrap();
            common.push(row);
        }
    }
    for (path, command) in &all {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        write!(page, "\n## `{path}`\n\n{about}.\n").unwrap();
        let (shared, rows): (Vec<_>, Vec<_>) = own(command).into_iter().partition(is_common);
        if !rows.is_empty() {
            write!(page, "\n| option | what it does |\n|---|---|\n{}\n", rows.join("\n")).unwrap();
        }
        let names: Vec<_> =
            shared.iter().filter_map(|row| row.split('`').nth(1)?.split(' ').next()).collect();
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        writeln!(page, "\nAlso: {}.", names.join(", ")).unwrap();
    }
    page
}

/// Run with `UPDATE_PAGES=1` to write the page anew.
#[test]
fn the_page_of_options_is_what_the_program_says() {
    let path = Path::new(ROOT).join(PAGE);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, page()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), page(), "run this test with UPDATE_PAGES=1");
}
