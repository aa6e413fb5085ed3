//! From the words of a command line to the options: each command takes the formats that it has, and habits of other tools are
//! answered with what does the same here.

use std::ffi::OsString;

use clap::builder::{PossibleValuesParser, StyledStr, TypedValueParser as _};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _, FromArgMatches as _, ValueEnum as _};

use super::options::{Cli, Output};

/// The formats of a report.
const REPORT: [&str; 7] = ["human", "json", "sarif", "junit", "github", "markdown", "html"];
/// What does the same as options that other tools have.
const HABITS: [(&str, &str); 8] = [
    ("auto-approve", "`--yes` carries a plan out without asking"),
    ("dry-run", "`rolecall plan` shows what apply would change; it only reads"),
    ("plan", "`rolecall destroy` shows what it would remove, and asks before it does"),
    (
        "target",
        "a manifest is applied as a whole; `rolecall target add` and `rolecall target remove` edit it",
    ),
    ("no-color", "`--color never` does that"),
    ("format", "`--output` chooses the format"),
    ("var", "a manifest has no variables; use one manifest for each environment"),
    ("force", "`--yes` carries a plan out without asking"),
];

/// The formats that a command prints.
fn formats(path: &[&str]) -> &'static [&'static str] {
    match path {
        ["plan" | "apply" | "verify" | "drift"] | ["genesys", "metrics"] => &REPORT,
        ["prove"] => &["human", "json", "sarif", "junit", "github", "markdown"],
        ["audit"] => &["human", "json", "sarif", "csv", "html"],
        ["genesys", "whoami"] => &["human", "json", "markdown"],
        ["genesys", "audit"] => &["human", "json", "markdown", "csv"],
        _ => &["human", "json"],
    }
}

/// The whole command line, with the formats of each command.
pub(super) fn command() -> Command {
    with_formats(Cli::command(), &mut Vec::new())
}

/// The command line where `--sandbox` stands on it: a profile of the environment is for an account that is not asked then.
fn without_profile(command: Command) -> Command {
    let has_both = |name| command.get_arguments().any(|argument| argument.get_id() == name);
    let command = match has_both("sandbox") && has_both("profile") {
        true => command.mut_arg("profile", |argument| argument.env(None)),
        false => command,
    };
    let below: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    below.into_iter().fold(command, |command, name| command.mut_subcommand(name, without_profile))
}

fn with_formats(command: Command, path: &mut Vec<&'static str>) -> Command {
    let has_output = command.get_arguments().any(|argument| argument.get_id() == "output");
    let names = formats(path);
    let command = match has_output {
        true => command.mut_arg("output", |argument| {
            let parser = PossibleValuesParser::new(names.iter().filter_map(|name| {
                Output::from_str(name, false).ok().and_then(|output| output.to_possible_value())
            }));
            argument.value_parser(parser.try_map(|name| Output::from_str(&name, false)))
        }),
        false => command,
    };
    let below: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    below.into_iter().fold(command, |command, name| {
        let known = PATHS.into_iter().find(|known| *known == name);
        command.mut_subcommand(name, |below| {
            path.push(known.unwrap_or_default());
            let below = with_formats(below, path);
            path.pop();
            below
        })
    })
}

/// Names that decide about formats.
const PATHS: [&str; 9] =
    ["plan", "apply", "verify", "drift", "prove", "genesys", "whoami", "audit", "metrics"];

/// The options; or what clap says of them, with a tip where another tool's option was meant.
pub(super) fn parse(words: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    // gh and others have it; what stands after `--` is no option.
    let mut is_option = true;
    let words = words.map(|word| {
        is_option &= word != "--";
        if is_option && word == "--json" { OsString::from("--output=json") } else { word }
    });
    let words: Vec<OsString> = words.collect();
    let is_in_sandbox = words.iter().take_while(|word| *word != "--").any(|word| word == "--sandbox");
    let command = if is_in_sandbox { without_profile(command()) } else { command() };
    let matches = command.try_get_matches_from(words);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(with_tip)
}

fn with_tip(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = option.trim_start_matches('-').split('=').next().unwrap_or_default().to_owned();
    if let Some((_, tip)) = HABITS.iter().find(|(habit, _)| *habit == name) {
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(*tip)]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::{command, parse};

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn json_is_short_for_output_json_before_two_hyphens_only() {
        let words = |words: &[&str]| parse(words.iter().map(Into::into)).map(|_| ());
        assert!(words(&["rolecall", "plan", "--json"]).is_ok());
        assert!(words(&["rolecall", "prove", "--json", "--", "--json"]).is_ok());
        assert!(words(&["rolecall", "plan", "--json", "--output", "human"]).is_err());
    }
}
