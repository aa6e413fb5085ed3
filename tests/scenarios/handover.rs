//! The hand-over file: written on one side, checked on the other.

use std::process::Command;
use std::sync::OnceLock;

use jiff::Timestamp;

use super::genesys::applied;
use super::one_side::{ROLE_ARN, administrator};
use super::stage::{EXTERNAL_ID, Run, Stage};
use super::views::named;

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
