//! `docs/first-minutes.md`: what somebody sees in the first quarter of an hour, word for word. The page is made by this test.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::stage::{Run, binary};
use super::views::normalised;

const PAGE: &str = "docs/first-minutes.md";

/// A step: what it shows, the command, and the exit code that it must have.
struct Step {
    about: &'static str,
    command: &'static str,
    exit: i32,
    /// What is done to the files first, if anything.
    before: Option<fn(&Path)>,
}

const fn step(about: &'static str, command: &'static str, exit: i32) -> Step {
    Step { about, command, exit, before: None }
}

/// Somebody applies in Terraform what rolecall rendered for the manifest: here the role is made without a manager, which writes the
/// same documents.
fn terraform_applies(folder: &Path) {
    let path = folder.join("rolecall.toml");
    let managed = fs::read_to_string(&path).unwrap();
    let own = managed.replace("managed_by = \"terraform\"\n", "");
    assert_ne!(own, managed);
    fs::write(&path, own).unwrap();
    let run: Run = binary(folder).args(["apply", "--sandbox", "--yes"]).output().unwrap().into();
    run.expect(0);
    fs::write(&path, managed).unwrap();
}

const STEPS: [Step; 24] = [
    step(
        "A manifest says what should be. At a terminal, `rolecall init` asks; here the answers are options.",
        "rolecall init --role GenesysDataActionRole --genesys-region us-east-1 --organization-id \
         5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 --target my-genesys-trigger-function",
        0,
    ),
    step("What would be made, and the proof of what would then be possible.", "rolecall plan --sandbox", 0),
    step("Make it, then ask AWS whether it is so.", "rolecall apply --sandbox --yes", 0),
    step(
        "Somebody changes the role by hand: the external ID is no longer required.",
        "rolecall sandbox tamper trust-no-condition",
        0,
    ),
    step(
        "What differs, what it leads to, and what repairs it. In CI, exit code 4 stops the job.",
        "rolecall drift --sandbox",
        4,
    ),
    step("Every finding has a code.", "rolecall explain T1", 0),
    step("The repair that `drift` printed.", "rolecall apply --sandbox --yes", 0),
    step("Another function may be called; it must exist.", "rolecall target add orders-status --sandbox", 0),
    step("A function that does not exist is not added.", "rolecall target add order-status --sandbox", 1),
    step("What the change means, for a pull request.", "rolecall plan --sandbox --output markdown", 0),
    step("", "rolecall apply --sandbox --yes --level paper", 0),
    step("What the role is for, function by function.", "rolecall target list --sandbox", 0),
    step("Is everything there that rolecall needs?", "rolecall doctor --sandbox", 0),
    step(
        "A policy in a file, without any account.",
        "rolecall prove trust.json --principal 765628985471 --external-id 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94",
        4,
    ),
    step("Remove what rolecall made, and nothing else.", "rolecall destroy --sandbox --yes", 0),
    step("Nothing is left of it.", "rolecall drift --sandbox", 4),
    step(
        "Many teams make every role with Terraform. Then one line of the manifest says so (`managed_by`), and rolecall writes nothing \
         to AWS for the role.",
        "rolecall init --force --managed-by terraform --role GenesysDataActionRole --genesys-region us-east-1 --organization-id \
         5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 --target my-genesys-trigger-function",
        0,
    ),
    step(
        "The configuration for Terraform.",
        "rolecall render --format terraform --account 123456789012 --region us-east-1",
        0,
    ),
    step("Before `terraform apply`: what Terraform has to make.", "rolecall drift --sandbox", 4),
    Step {
        about: "After `terraform apply`, the role is proved like any other. (On this page the role is made as the configuration says, \
                without Terraform itself.)",
        command: "rolecall verify --sandbox",
        exit: 0,
        before: Some(terraform_applies),
    },
    step("Nothing differs.", "rolecall drift --sandbox", 0),
    step("Somebody changes the role by hand.", "rolecall sandbox tamper trust-no-condition", 0),
    step("The repair names Terraform.", "rolecall drift --sandbox", 4),
    step(
        "rolecall leaves the role to Terraform, and says so.",
        "rolecall apply --sandbox --yes --level paper",
        4,
    ),
];

const HEAD: &str = "# The first quarter of an hour

Everything below runs on the embedded AWS (`--sandbox`): no account, no network. A test runs these commands and writes this page, so
what you read is what the program prints. `[id]`, `[time]` and `[random]` stand for what differs from run to run.

`trust.json` is the trust policy of a role whose external ID is checked only if the caller passes one:

```json
";

#[test]
fn the_first_quarter_of_an_hour_is_as_the_page_shows_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let example = rolecall::catalogue::find("T3").unwrap().to_value()["example"].clone();
    let example = format!("{example:#}\n");
    fs::write(folder.path().join("trust.json"), &example).unwrap();
    let mut page = format!("{HEAD}{example}```\n");
    for Step { about, command, exit, before } in &STEPS {
        if let Some(before) = before {
            before(folder.path());
        }
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let run: Run = binary(folder.path()).args(&words).output().unwrap().into();
        assert_eq!(run.status, *exit, "{command}\n{}\n{}", run.stdout, run.stderr);
        let said = normalised(&format!("{}{}", run.stderr, run.stdout));
        if !about.is_empty() {
            write!(page, "\n{about}\n").unwrap();
        }
        // Markdown in the page has fences of its own.
        let fence = if said.contains("```") { "````" } else { "```" };
        write!(page, "\n{fence}console\n$ {command}\n{}\n{fence}\n", said.trim_end()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), page, "run this test with UPDATE_PAGES=1");
}
