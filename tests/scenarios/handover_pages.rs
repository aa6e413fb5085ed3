//! The two pages that show the whole way of the hand-over file from each side: these tests run their commands and write them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::stage::{ONE_TARGET, Run, Stage, binary, manifest};
use super::views::normalised;
use rolecall::sandbox::State;

/// Two people, each with one side and a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Administrator,
    Engineer,
}

use Who::{Administrator, Engineer};

struct Step {
    who: Who,
    about: &'static str,
    command: &'static str,
    exit: i32,
}

const fn step(who: Who, about: &'static str, command: &'static str, exit: i32) -> Step {
    Step { who, about, command, exit }
}

const STEPS: [Step; 18] = [
    step(
        Administrator,
        "What the AWS team needs from you: the organization's ID and its region. The file holds no secret. (Leave `--genesys-region` \
         out if GENESYSCLOUD_REGION names the region.)",
        "rolecall handover write --from genesys --genesys-region us-east-1 --out from-genesys.toml",
        0,
    ),
    step(Administrator, "", "cat from-genesys.toml", 0),
    step(
        Engineer,
        "The administrator sent `from-genesys.toml`. The organization's ID in it decides who can assume the role: let the administrator \
         confirm it in another way, for example by telephone from Admin > Account Settings > Organization Settings > Organization Details.",
        "rolecall init --from-handover from-genesys.toml --target my-genesys-trigger-function",
        0,
    ),
    step(Engineer, "Make the role, and prove it.", "rolecall apply --yes --level paper", 0),
    step(
        Engineer,
        "What the administrator needs from you: the role's ARN and the functions.",
        "rolecall handover write --from aws --out from-aws.toml",
        0,
    ),
    step(Engineer, "", "cat from-aws.toml", 0),
    step(
        Administrator,
        "Send `from-genesys.toml` to the AWS team, and confirm the organization's ID in another way. They send `from-aws.toml` back \
         ([their page](for-aws-engineers.md)). The account in it decides whose functions get what your flows send: let them confirm it \
         in another way, too. Does the file fit your organization?",
        "rolecall handover check from-aws.toml",
        0,
    ),
    step(
        Administrator,
        "A manifest for your side. It names the account and the role, so that nobody has to ask AWS.",
        "rolecall init --from-handover from-aws.toml",
        0,
    ),
    step(
        Administrator,
        "The credential with the role's ARN, and the integration. In the console this would be Admin > Integrations > Integrations > \
         AWS Lambda Data Actions.",
        "rolecall genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --yes",
        0,
    ),
    step(
        Administrator,
        "Add an `[[action]]` with its two schemas to `rolecall.toml` (below), then make it.",
        "rolecall genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --with-actions --yes",
        0,
    ),
    step(Administrator, "", "rolecall genesys action list", 0),
    step(
        Administrator,
        "Genesys Cloud assumes the role and invokes the function, for real.",
        "rolecall genesys action test \"Get order status\" --yes",
        0,
    ),
    step(
        Administrator,
        "Tell the AWS team what uses the role now.",
        "rolecall handover write --from genesys --genesys-region us-east-1 --out in-use.toml",
        0,
    ),
    step(
        Administrator,
        "If you check their file again, one thing stays open: Genesys Cloud shows nobody what a credential holds. Hence exit code 5.",
        "rolecall handover check from-aws.toml",
        5,
    ),
    step(
        Engineer,
        "The administrator connected the role ([their page](for-genesys-administrators.md)), and sent `in-use.toml`. Do the integration \
         and its actions use your role and your functions, and what does AWS hold now?",
        "rolecall handover check in-use.toml",
        0,
    ),
    step(Engineer, "Does AWS still match the manifest?", "rolecall drift", 0),
    step(
        Engineer,
        "If you share one manifest with the administrator, it also asks for an integration and actions. Without credentials for Genesys \
         Cloud, rolecall does not pass that over in silence.",
        "rolecall drift --file shared.toml",
        2,
    ),
    step(
        Engineer,
        "Say that you mean AWS alone. The last line, and `unexamined` in the JSON report, say what nobody looked at. `plan` and `apply` have \
         the same option.",
        "rolecall drift --file shared.toml --side aws",
        0,
    ),
];

const ACTION: &str = "
[[action]]
name = \"Get order status\"
category = \"Orders\"
target = \"my-genesys-trigger-function\"
input_schema = \"request.json\"
output_schema = \"response.json\"
test_input = \"input.json\"
";

const FOR_ADMINISTRATORS: &str = "# For Genesys Cloud administrators without access to AWS

New to AWS? [For Genesys Cloud administrators](genesys-administrators.md) says what each step means.

Everything here works without credentials for AWS. You need an OAuth client of the grant type *client credentials* (Admin >
Integrations > OAuth), with a role that has the permissions that `rolecall genesys whoami` lists. Put it into the environment:
`GENESYSCLOUD_OAUTHCLIENT_ID`, `GENESYSCLOUD_OAUTHCLIENT_SECRET`, `GENESYSCLOUD_REGION`. (A secret in AWS Secrets Manager needs AWS.)

What you cannot know from here is whether the role exists, whom it trusts, and what it may invoke. The AWS team proves that. A test
runs these commands on the embedded Genesys Cloud and writes this page; `[id]` and `[time]` stand for what differs from run to run.
";

const FOR_ENGINEERS: &str = "# For AWS engineers without access to Genesys Cloud

Everything here works without credentials for Genesys Cloud. You need the organization's ID and its region from the administrator of
Genesys Cloud. A test runs these commands on the embedded AWS and writes this page; `[id]` and `[time]` stand for what differs from run
to run.

A target is a function that the role may invoke. If the role is for an export of recordings, for Amazon Lex or for Amazon Polly, the
manifest has a grant instead, or both: [`grants.md`](grants.md).
";

const AFTER_ADMINISTRATORS: &str = "
The action in `rolecall.toml` ([`docs/genesys.md`](genesys.md) says more):

```toml";

/// The words of a command line; double quotes keep words together.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    words.skip(1).collect()
}

#[test]
fn the_ways_of_both_teams_are_as_their_pages_show_them() {
    let stage = Stage::with(&manifest(ONE_TARGET), State::demo());
    let folders = [tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap()];
    let folder = |who: Who| folders[usize::from(who == Engineer)].path();
    let mut pages = [FOR_ADMINISTRATORS.to_owned(), FOR_ENGINEERS.to_owned()];
    for Step { who, about, command, exit } in &STEPS {
        let (own, other) = match who {
            Administrator => (folder(Administrator), folder(Engineer)),
            Engineer => (folder(Engineer), folder(Administrator)),
        };
        if command.contains("--with-actions") {
            add_action(own, "rolecall.toml");
        }
        if *command == "rolecall drift --file shared.toml" {
            fs::copy(own.join("rolecall.toml"), own.join("shared.toml")).unwrap();
            add_action(own, "shared.toml");
        }
        let said = match command.strip_prefix("cat ") {
            Some(file) => fs::read_to_string(own.join(file)).unwrap(),
            None => {
                let mut program = binary(own);
                program.args(words(command));
                // Each has the credentials of one side, and nothing else.
                match who {
                    Administrator => program.envs(stage.sandbox.genesys_environment()),
                    Engineer => program.envs(stage.environment()),
                };
                let run: Run = program.output().unwrap().into();
                assert_eq!(run.status, *exit, "{command}\n{}\n{}", run.stdout, run.stderr);
                format!("{}{}", run.stderr, run.stdout)
            }
        };
        // The mail between the teams.
        for file in ["from-genesys.toml", "from-aws.toml", "in-use.toml"] {
            if command.ends_with(&format!("--out {file}")) {
                fs::copy(own.join(file), other.join(file)).unwrap();
            }
        }
        let page = &mut pages[usize::from(*who == Engineer)];
        if !about.is_empty() {
            write!(page, "\n{about}\n").unwrap();
        }
        write!(page, "\n```console\n$ {command}\n{}\n```\n", normalised(&said).trim_end()).unwrap();
    }
    writeln!(pages[0], "{AFTER_ADMINISTRATORS}{ACTION}```").unwrap();
    for (name, page) in ["docs/for-genesys-administrators.md", "docs/for-aws-engineers.md"].iter().zip(&pages)
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("UPDATE_PAGES").is_some() {
            fs::write(&path, page).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), *page, "run this test with UPDATE_PAGES=1");
    }
}

fn add_action(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::write(&path, fs::read_to_string(&path).unwrap() + ACTION).unwrap();
    for (name, text) in [
        ("request.json", r#"{"type": "object", "properties": {"orderNumber": {"type": "string"}}}"#),
        ("response.json", r#"{"type": "object", "properties": {"status": {"type": "string"}}}"#),
        ("input.json", r#"{"orderNumber": "4711"}"#),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}
