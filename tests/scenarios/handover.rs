//! The hand-over file: written on one side, checked on the other, and the two pages that show the whole way from each side.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use jiff::Timestamp;

use super::genesys::applied;
use super::one_side::{ROLE_ARN, administrator};
use super::stage::{EXTERNAL_ID, ONE_TARGET, Run, Stage, binary, manifest};
use super::views::{named, normalised};
use rolecall::sandbox::State;

pub(crate) const FUNCTION: &str =
    "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";

/// When the files were written: at a time that is neither long ago nor in the future, the same in one run.
pub(crate) fn made_at() -> String {
    static NOW: OnceLock<String> = OnceLock::new();
    NOW.get_or_init(|| Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).clone()
}

pub(crate) fn from_aws() -> String {
    let made_at = made_at();
    format!(
        "handover = 1\nmade_at = \"{made_at}\"\nside = \"aws\"\n\n[genesys]\nregion = \"us-east-1\"\norganization_id = \
         \"{EXTERNAL_ID}\"\ntrusted_account = \"765628985471\"\n\n[aws]\nrole = \"{ROLE_ARN}\"\naccount = \"123456789012\"\npartition = \
         \"aws\"\nregion = \"us-east-1\"\n\n[[function]]\narn = \"{FUNCTION}\"\n"
    )
}

pub(crate) fn from_genesys() -> String {
    from_aws().replace("side = \"aws\"", "side = \"genesys\"")
}

/// Each file as it is checked.
fn checks<'f>(
    files: impl IntoIterator<Item = (&'static str, String)>,
    stage: &Stage,
    command: impl Fn(&[&'f str]) -> Command,
) -> String {
    let mut said = String::new();
    for (name, text) in files {
        stage.write("handover.toml", &text);
        let run: Run = command(&["handover", "check", "handover.toml"]).output().unwrap().into();
        said += &named(name, &run.whole());
    }
    said
}

#[test]
fn whoever_has_aws_compares_the_file_with_the_manifest_and_the_role() {
    let stage = Stage::new();
    let file = from_genesys();
    let other = "0b6c1b0e-6a3e-4f0a-9d5e-1c0d7f6f4a11";
    stage.write("handover.toml", &file);
    let before = stage.run(&["handover", "check", "handover.toml"]).expect(4).whole();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let files = [
        ("the same", file.clone()),
        ("another organization", file.replace(EXTERNAL_ID, other)),
        (
            "another region with the same account",
            file.replace("region = \"us-east-1\"\norg", "region = \"eu-west-1\"\norg"),
        ),
        (
            "a region with another account",
            file.replace("region = \"us-east-1\"\norg", "region = \"us-east-2\"\norg"),
        ),
        ("another role", file.replace("role/GenesysDataActionRole", "role/Another")),
        ("another qualifier", file.replace("trigger-function", "trigger-function:live")),
        ("no role", {
            let end = file.find("\n[aws]").unwrap();
            file[..end].to_owned()
        }),
    ];
    let said = named("no role in AWS", &before) + &checks(files, &stage, |it| stage.command(it));
    insta::assert_snapshot!(said, @"
    === no role in AWS
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown trust policy      the role does not exist: nothing is proved of whom it trusts
      refuted role              arn:aws:iam::123456789012:role/GenesysDataActionRole does not exist
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the file and this side contradict each other: role (exit code 4)
    === the same
    exit 0
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: done: nothing that this side can read contradicts the file
    === another organization
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      refuted organization ID   the file says 0b6c1b0e-6a3e-4f0a-9d5e-1c0d7f6f4a11, but the manifest's external ID is 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the file and this side contradict each other: organization ID (exit code 4)
    === another region with the same account
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      refuted Genesys region    the file says eu-west-1 (mypurecloud.ie), but this side is in us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in eu-west-1 (mypurecloud.ie)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the file and this side contradict each other: Genesys region (exit code 4)
    === a region with another account
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      refuted Genesys region    the file says us-east-2 (use2.us-gov-pure.cloud), but this side is in us-east-1 (mypurecloud.com)
      refuted trusted account   the manifest trusts 765628985471, but Genesys Cloud uses 325654371633 in us-east-2 (use2.us-gov-pure.cloud)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the file and this side contradict each other: Genesys region, trusted account (exit code 4)
    === another role
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      refuted role              the file says arn:aws:iam::123456789012:role/Another, but the manifest's role is arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the file and this side contradict each other: role (exit code 4)
    === another qualifier
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      refuted functions         the manifest does not list arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:live

    Result: refuted: the file and this side contradict each other: functions (exit code 4)
    === no role
    exit 0
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      -       role              not compared: the file names no role; `rolecall handover write --from aws` tells it to the other side
      -       functions         not compared: the file names no function

    Result: done: nothing that was compared contradicts the file; not compared: role, functions
    ");
    stage.tamper(rolecall::sandbox::Tamper::TrustNoCondition);
    stage.write("handover.toml", &file);
    insta::assert_snapshot!(stage.run(&["handover", "check", "handover.toml"]).expect(4).whole(), @"
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      refuted trust policy      refuted: external-id; `rolecall drift` says more
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the trust policy lets callers without this organization's ID assume the role (exit code 4)
    ");
    let report = stage.run(&["handover", "check", "handover.toml", "--output", "json"]).expect(4).json();
    assert_eq!(report["exit_code"], 4);
    assert_eq!(report["checks"][3]["state"], "refuted");
}

#[test]
fn whoever_has_genesys_cloud_compares_the_file_with_the_organization_and_the_integration() {
    let stage = applied();
    let file = from_aws();
    let other = "0b6c1b0e-6a3e-4f0a-9d5e-1c0d7f6f4a11";
    let files = [
        ("the same", file.clone()),
        ("another organization", file.replace(EXTERNAL_ID, other)),
        ("an account of somebody else", file.replace("765628985471", "210987654321")),
        (
            "an account that nobody published",
            file.replace("region = \"us-east-1\"\norg", "region = \"eusc-de-east-1\"\norg"),
        ),
        ("another function", file.replace("my-genesys-trigger-function", "another")),
        ("a role without an integration", file.replace("role/GenesysDataActionRole", "role/Another")),
    ];
    insta::assert_snapshot!(checks(files, &stage, |it| administrator(&stage, it)), @"
    === the same
    exit 5
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: undecided: this side cannot read everything: role; not compared: Genesys region (exit code 5)
    === another organization
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      refuted organization ID   the file says 0b6c1b0e-6a3e-4f0a-9d5e-1c0d7f6f4a11, but the OAuth client belongs to 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox)): the role would not let it in
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: refuted: the file and this side contradict each other: organization ID (exit code 4)
    === an account of somebody else
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      refuted trusted account   the role trusts 210987654321, but Genesys Cloud uses 765628985471 in us-east-1 (mypurecloud.com)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: refuted: the file and this side contradict each other: trusted account (exit code 4)
    === an account that nobody published
    exit 5
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      unknown trusted account   the role trusts 765628985471; Genesys has not published the account of eusc-de-east-1 (edee1.eusc-pure.cloud)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: undecided: this side cannot read everything: trusted account, role; not compared: Genesys region (exit code 5)
    === another function
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      refuted functions         action `Get order status` calls arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function, which is not in the file

    Result: refuted: the file and this side contradict each other: functions (exit code 4)
    === a role without an integration
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      refuted role              the notes of integration `GenesysDataActionRole` say that rolecall wrote it for arn:aws:iam::123456789012:role/GenesysDataActionRole, but the file says arn:aws:iam::123456789012:role/Another
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: refuted: the file and this side contradict each other: role (exit code 4)
    ");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_place_before_anybody_is_contacted() {
    let stage = Stage::new();
    let file = from_genesys();
    let mut said = String::new();
    for (name, text) in [
        ("an unknown key", file.replace("[[function]]", "secret = \"x\"\n\n[[function]]")),
        ("no JSON, no TOML", "\u{1b}[2J".to_owned()),
        ("a name that steers", file.replace("[aws]", "\"\\u001b[2J\" = 1\n[aws]")),
        ("no UUID", file.replace(EXTERNAL_ID, "*")),
        (
            "an account that is not the role's",
            file.replace("account = \"123456789012\"", "account = \"210987654321\""),
        ),
        ("a pattern for a function", file.replace("my-genesys-trigger-function", "*")),
    ] {
        stage.write("handover.toml", &text);
        for arguments in [
            ["handover", "check", "handover.toml"].as_slice(),
            &["init", "--from-handover", "handover.toml", "--file", "new.toml"],
        ] {
            let run = stage.run(arguments).expect(2);
            assert!(!run.stderr.contains('\u{1b}'), "{name}");
            if arguments[0] == "handover" {
                said += &named(name, &run.standard_error());
            }
        }
    }
    insta::assert_snapshot!(said, @r"
    === an unknown key
    exit 2
    -- stderr
    error[E10]: handover.toml:16:1: unknown field `secret`, expected one of `role`, `account`, `partition`, `region`
    hint: `rolecall handover write` writes such a file; have it written again
    === no JSON, no TOML
    exit 2
    -- stderr
    error[E10]: handover.toml:1:2: key with no value, expected `=`
    hint: `rolecall handover write` writes such a file; have it written again
    === a name that steers
    exit 2
    -- stderr
    error[E10]: handover.toml:10:1: unknown field `\u001b[2J`, expected one of `region`, `organization_id`, `trusted_account`, `integration`
    hint: `rolecall handover write` writes such a file; have it written again
    === no UUID
    exit 2
    -- stderr
    error[E10]: handover.toml:7:19: must be the organization's ID, a UUID such as 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
    hint: `rolecall handover write` writes such a file; have it written again
    === an account that is not the role's
    exit 2
    -- stderr
    error[E10]: handover.toml:12:11: is not the account of `role`
    hint: `rolecall handover write` writes such a file; have it written again
    === a pattern for a function
    exit 2
    -- stderr
    error[E10]: handover.toml:17:7: `*` is not a Lambda function name: must be 1–64 letters, digits, hyphens or underscores
    hint: `rolecall handover write` writes such a file; have it written again
    ");
    assert_eq!(stage.calls(), []);
    assert!(!stage.folder.path().join("new.toml").exists());
}

#[test]
fn a_manifest_begins_with_a_file_but_whom_it_trusts_does_not() {
    let stage = Stage::new();
    let mut said = String::new();
    let end = from_genesys().find("\n[aws]").unwrap();
    for (name, text, more) in [
        ("from AWS", from_aws(), [].as_slice()),
        ("from Genesys Cloud", from_genesys()[..end].to_owned(), &["--target", "orders"]),
        ("what is missing", from_genesys()[..end].to_owned(), &[]),
        ("an account of somebody else", from_aws().replace("765628985471", "210987654321"), &[]),
        ("said twice", from_aws(), &["--target", "orders"]),
    ] {
        stage.write("handover.toml", &text);
        let init = ["init", "--from-handover", "handover.toml", "--file", "new.toml", "--force"];
        said += &named(name, &stage.run(&[&init, more].concat()).whole());
        let written = stage.folder.path().join("new.toml");
        if let Ok(text) = fs::read_to_string(&written) {
            let keys = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            said += &keys.map(|line| format!("  {line}\n")).collect::<String>();
            fs::remove_file(written).unwrap();
        }
    }
    insta::assert_snapshot!(said, @r#"
    === from AWS
    exit 0
    -- stdout
    wrote new.toml
    -- stderr
    warning: the account 123456789012 comes from the file, and functions there get what flows send: confirm it by another way than this file
    warning: `rolecall handover check` compares the organization's ID with yours
    hint: `rolecall genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --file new.toml` makes the integration; it needs no access to AWS
      version = 1
      [genesys]
      region = "us-east-1"
      organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
      [genesys.integration]
      [role]
      name = "GenesysDataActionRole"
      path = "/"
      max_session_duration = 3600
      [[target]]
      function = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
      [aws]
      account = "123456789012"
      region = "us-east-1"
    === from Genesys Cloud
    exit 0
    -- stdout
    wrote new.toml
    -- stderr
    warning: the organization's ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 comes from the file, and it decides who can assume the role: confirm it with the organization's administrator by another way
    hint: `rolecall plan --file new.toml` shows what it would make; `rolecall apply --file new.toml --sandbox` tries it without an account
      version = 1
      [genesys]
      region = "us-east-1"
      organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
      [role]
      name = "GenesysDataActionRole"
      path = "/"
      max_session_duration = 3600
      [[target]]
      function = "orders"
    === what is missing
    exit 2
    -- stderr
    error[E1]: --target is missing, and there is no terminal to ask for it
    hint: `rolecall init --help` lists the options
    === an account of somebody else
    exit 2
    -- stderr
    error[E10]: the file says that the role trusts account 210987654321, but Genesys Cloud uses 765628985471 in us-east-1 (mypurecloud.com); nothing was written
    hint: ask whoever sent the file; if Genesys gave you that account, write the manifest with --trusted-account instead
    === said twice
    exit 2
    -- stderr
    error[E1]: the file says what --target says
    hint: leave the option out
    "#);
}

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
         confirm it by another way, for example by telephone from Admin > Account Settings > Organization Details.",
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
        "Send `from-genesys.toml` to the AWS team, and confirm the organization's ID by another way. They send `from-aws.toml` back \
         ([their page](for-aws-engineers.md)). The account in it decides whose functions get what your flows send: let them confirm it \
         by another way, too. Does the file fit your organization?",
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
        "rolecall genesys action test \"Get order status\"",
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
