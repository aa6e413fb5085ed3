//! The answers that a manifest is made of: from options, or from somebody at the terminal.
//!
//! Invariant: each answer is checked when it is given, as part of a whole manifest, so that its reason is what a manifest would be
//! refused for. What is wrong in options, or missing without a terminal, is said all at once.

use std::fmt::Display;
use std::io;
use std::str::FromStr;

use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::iam::arn::{AccountId, RoleName};
use rolecall::manifest::{self, Access, Genesys, Manifest, Party, Role, Target, Verify};
use rolecall_model::region::{REGIONS, Region};

use super::super::options::InitOptions;
use super::super::printer::Printer;

/// The role's name where the user does not care.
pub(super) const DEFAULT_ROLE: &str = "GenesysDataActionRole";
/// Stand where an answer is still to come; each is replaced before anything is written.
const NO_ORGANIZATION: &str = "00000000-0000-4000-8000-000000000000";
const NO_ACCOUNT: &str = "111111111111";
const NO_FUNCTION: &str = "function";

/// Somebody who answers line by line.
pub(super) trait Person {
    /// The answer to a question; `None` where no more will come.
    fn ask(&mut self, question: &str) -> io::Result<Option<String>>;
    /// Why an answer cannot be taken.
    fn refuse(&mut self, reason: &str);
}

impl Person for Printer {
    fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        self.answer(question)
    }

    fn refuse(&mut self, reason: &str) {
        self.warning(reason);
    }
}

/// What has to be known, in the order of the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Region,
    Organization,
    TrustedAccount,
    Role,
    Targets,
}

impl Field {
    pub(super) const ALL: [Self; 5] =
        [Self::Region, Self::Organization, Self::TrustedAccount, Self::Role, Self::Targets];

    fn option(self) -> &'static str {
        match self {
            Self::Region => "--genesys-region",
            Self::Organization => "--organization-id",
            Self::TrustedAccount => "--trusted-account",
            Self::Role => "--role",
            Self::Targets => "--target",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::Region => "Genesys Cloud region (us-east-1, mypurecloud.de, …)",
            Self::Organization => {
                "Genesys Cloud organization ID (the external ID; GET /api/v2/organizations/me returns it as `id`)"
            }
            Self::TrustedAccount => {
                "AWS account that Genesys Cloud uses in this region (not published; ask Genesys)"
            }
            Self::Role => "Name of the IAM role",
            Self::Targets => "Lambda functions to invoke (names or ARNs, separated by commas)",
        }
    }

    /// What the options say of it.
    fn given(self, options: &InitOptions) -> Option<String> {
        match self {
            Self::Region => options.genesys_region.clone(),
            Self::Organization => options.organization_id.clone(),
            Self::TrustedAccount => options.trusted_account.clone(),
            Self::Role => options.role.clone(),
            Self::Targets => (!options.target.is_empty()).then(|| options.target.join(",")),
        }
    }
}

/// A manifest that is not finished.
pub(super) struct Draft {
    /// The manifest's party.
    genesys: Genesys,
    manifest: Manifest,
    /// Somebody named the account that is trusted; it goes before the one that is published.
    stated_account: Option<AccountId>,
    /// What nobody has said yet.
    missing: Vec<Field>,
    /// What is wrong in the options.
    problems: Vec<String>,
}

impl Draft {
    /// What the options say.
    pub(super) fn new(options: &InitOptions) -> CommandResult<Self> {
        let [region, ..] = &REGIONS;
        let genesys = Genesys {
            region,
            organization_id: Some(NO_ORGANIZATION.parse()?),
            trusted_account: NO_ACCOUNT.parse()?,
            managed_by: None,
            credentials: None,
            further: Vec::new(),
            integration: None,
            web_services_credential: None,
        };
        let manifest = Manifest {
            folder: Default::default(),
            party: Party::Genesys(genesys.clone()),
            role: Role {
                name: DEFAULT_ROLE.parse()?,
                path: Default::default(),
                description: None,
                max_session_duration: 3600,
                permissions_boundary: None,
                tags: Default::default(),
                managed_by: options.managed_by.map(manifest::Manager::from),
            },
            invokers: Default::default(),
            targets: vec![parsed(NO_FUNCTION).map_err(|error| UsageError::new(error, None))?],
            grants: Vec::new(),
            access: Access::default(),
            verify: Verify::default(),
            notify: None,
            actions: Vec::new(),
        };
        let missing = Field::ALL.to_vec();
        let mut draft = Self { genesys, manifest, stated_account: None, missing, problems: Vec::new() };
        for field in Field::ALL {
            if let Some(text) = field.given(options)
                && let Err(reason) = draft.take(field, &text, &[])
            {
                draft.missing.retain(|missing| *missing != field);
                draft.problems.push(format!("{}: {reason}", field.option()));
            }
        }
        Ok(draft)
    }

    /// The region, once it is known.
    pub(super) fn region(&self) -> Option<&'static Region> {
        let is_known = self.problems.is_empty() && !self.is_missing(Field::Region);
        is_known.then_some(self.genesys.region)
    }

    /// Whether nobody has said it yet.
    pub(super) fn is_missing(&self, field: Field) -> bool {
        self.missing.contains(&field)
    }

    /// Fails over options that are wrong; and over missing ones where nobody can be asked.
    pub(super) fn check(&mut self, can_ask: bool) -> Result<(), UsageError> {
        if !can_ask {
            // The role is called as it usually is. Whether an account is missing depends on the region.
            let is_region_known = self.region().is_some();
            self.missing.retain(|field| match field {
                Field::Role => false,
                Field::TrustedAccount => is_region_known,
                Field::Region | Field::Organization | Field::Targets => true,
            });
        }
        let missing: Vec<&str> = self.missing.iter().map(|field| field.option()).collect();
        let missing = match (can_ask, missing.as_slice()) {
            (true, _) | (false, []) => None,
            (false, [one]) => Some(format!("{one} is missing, and there is no terminal to ask for it")),
            (false, [start @ .., last]) => {
                let start = start.join(", ");
                Some(format!("{start} and {last} are missing, and there is no terminal to ask for them"))
            }
        };
        let faults: Vec<String> = self.problems.iter().cloned().chain(missing).collect();
        match faults.as_slice() {
            [] => Ok(()),
            faults => {
                Err(UsageError::new(faults.join("\n"), Some("`rolecall init --help` lists the options")))
            }
        }
    }

    /// Takes an answer, if the manifest is right with it. `offered` are targets that a number names.
    pub(super) fn take(&mut self, field: Field, text: &str, offered: &[Target]) -> Result<(), String> {
        let (mut manifest, mut genesys) = (self.manifest.clone(), self.genesys.clone());
        match field {
            Field::Region => {
                let region: &'static Region = parsed(text)?;
                genesys.region = region;
                genesys.trusted_account =
                    match self.stated_account.clone().or_else(|| region.trusted_account()) {
                        Some(account) => account,
                        None => parsed(NO_ACCOUNT)?,
                    };
            }
            Field::Organization => genesys.organization_id = Some(parsed(text)?),
            Field::TrustedAccount => genesys.trusted_account = parsed(text)?,
            Field::Role => manifest.role.name = parsed::<RoleName>(text)?,
            Field::Targets => manifest.targets = targets(text, offered)?,
        }
        manifest.party = Party::Genesys(genesys.clone());
        let (_, _) =
            Manifest::parse(&manifest::write::render(&manifest), "rolecall.toml").map_err(|faults| {
                let messages = faults.0.into_iter().map(|note| note.message);
                messages.collect::<Vec<_>>().join("; ")
            })?;
        if field == Field::TrustedAccount {
            self.stated_account = Some(genesys.trusted_account.clone());
        }
        // Published accounts are not asked for.
        let is_published = field == Field::Region && genesys.region.trusted_account().is_some();
        self.missing
            .retain(|missing| *missing != field && !(is_published && *missing == Field::TrustedAccount));
        (self.manifest, self.genesys) = (manifest, genesys);
        Ok(())
    }

    /// Asks until there is an answer that can be taken.
    pub(super) fn ask(
        &mut self,
        field: Field,
        default: Option<&str>,
        offered: &[Target],
        person: &mut impl Person,
    ) -> CommandResult<()> {
        until_taken(field.question(), default, person, |answer| self.take(field, answer, offered))
    }

    /// The manifest, of which nothing is missing.
    pub(super) fn finish(self) -> Manifest {
        self.manifest
    }
}

/// Asks until an answer is taken; an empty one is the default.
pub(super) fn until_taken<T>(
    question: &str,
    default: Option<&str>,
    person: &mut impl Person,
    mut take: impl FnMut(&str) -> Result<T, String>,
) -> CommandResult<T> {
    let question = match default {
        Some(default) => format!("{question} [{default}]: "),
        None => format!("{question}: "),
    };
    loop {
        let Some(answer) = person.ask(&question).context("cannot read the answer")? else {
            let message = "the input ended before every question was answered; nothing was written";
            return Err(UsageError::new(message, Some("`rolecall init --help` lists the options")).into());
        };
        match (answer.as_str(), default) {
            ("", None) => person.refuse("this has no default; an answer is needed (Ctrl-C gives up)"),
            ("", Some(answer)) | (answer, _) => match take(answer) {
                Ok(taken) => return Ok(taken),
                Err(reason) => person.refuse(&reason),
            },
        }
    }
}

pub(super) fn parsed<T>(text: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: Display,
{
    text.trim().parse().map_err(|error: T::Err| error.to_string())
}

/// Names, ARNs and numbers of what was offered.
fn targets(text: &str, offered: &[Target]) -> Result<Vec<Target>, String> {
    let mut targets: Vec<Target> = Vec::new();
    for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
        let target = match word.parse::<usize>() {
            Ok(number) if !offered.is_empty() => {
                let chosen = number.checked_sub(1).and_then(|index| offered.get(index));
                let not_listed =
                    || format!("the list has no number {word}; a function of that name is given by its ARN");
                chosen.cloned().ok_or_else(not_listed)?
            }
            Ok(_) | Err(_) => parsed(word)?,
        };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() { Err("no function is named".to_owned()) } else { Ok(targets) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

    use std::collections::VecDeque;

    use clap::Parser as _;

    use super::*;
    use crate::cli::options::{Cli, Command};

    /// Answers that were thought of before, and everything that was said meanwhile.
    struct Scripted {
        answers: VecDeque<&'static str>,
        said: String,
    }

    impl Person for Scripted {
        fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
            let answer = self.answers.pop_front();
            self.said += &format!("{question}{}\n", answer.unwrap_or("(end)"));
            Ok(answer.map(str::to_owned))
        }

        fn refuse(&mut self, reason: &str) {
            self.said += &format!("  {reason}\n");
        }
    }

    fn draft(options: &[&str]) -> Draft {
        let cli = Cli::try_parse_from(["rolecall", "init"].iter().chain(options)).unwrap();
        let Command::Init(options) = cli.command else { return draft(&[]) };
        Draft::new(&options).unwrap()
    }

    /// Asks for all that is missing; what was said, and the manifest or the error.
    fn interview(mut draft: Draft, answers: &[&'static str]) -> String {
        let offered: Vec<Target> = ["orders", "billing"].map(|name| name.parse().unwrap()).to_vec();
        let mut person = Scripted { answers: answers.iter().copied().collect(), said: String::new() };
        for field in Field::ALL {
            if draft.is_missing(field) {
                let default = (field == Field::Role).then_some(DEFAULT_ROLE);
                if let Err(error) = draft.ask(field, default, &offered, &mut person) {
                    return person.said + &error.message;
                }
            }
        }
        let Manifest { party, role, targets, .. } = draft.finish();
        let Party::Genesys(genesys) = party else { panic!("{party:?}") };
        let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
        format!(
            "{}{} {} {}: {}",
            person.said,
            genesys.region,
            genesys.trusted_account,
            role.name,
            targets.join(" ")
        )
    }

    #[test]
    fn each_answer_is_checked_and_asked_for_again() {
        let answers = [
            "",
            "us-west-1",
            "eu-central-1",
            "x",
            "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94",
            "a role",
            "",
            "3",
            "1, no:such:thing",
            "2, orders 2",
        ];
        insta::assert_snapshot!(interview(draft(&[]), &answers));
    }

    #[test]
    fn the_account_is_asked_for_where_nobody_published_it() {
        let given =
            ["--organization-id", "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94", "--role", "R", "--target", "f"];
        insta::assert_snapshot!(interview(draft(&given), &["eusc-de-east-1", "12", "222222222222"]));
    }

    #[test]
    fn the_end_of_the_input_is_not_an_answer() {
        insta::assert_snapshot!(interview(draft(&[]), &["us-east-1"]));
    }

    #[test]
    fn all_that_is_wrong_or_missing_is_said_at_once() {
        let said =
            |options: &[&str], can_ask| draft(options).check(can_ask).map_err(|error| error.to_string());
        assert_eq!(said(&[], true), Ok(()));
        insta::assert_snapshot!(said(&[], false).unwrap_err());
        let wrong = ["--genesys-region", "us-west-1", "--role", "a role"];
        insta::assert_snapshot!(said(&wrong, true).unwrap_err());
        insta::assert_snapshot!(said(&wrong, false).unwrap_err());
        insta::assert_snapshot!(
            said(&["--genesys-region", "eusc-de-east-1", "--target", "f"], false).unwrap_err()
        );
    }
}
