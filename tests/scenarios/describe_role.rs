//! `init --from-role` describes any role, and says what the manifest says differently.

use rolecall::sandbox::State;

use super::stage::{EXTERNAL_ID, ONE_TARGET, Stage, manifest};
use super::views::named;

/// A role as a console wizard leaves it: no external ID, any function, tags of AWS.
fn stage() -> Stage {
    let mut state = State::demo();
    state.add_role("123456789012", "ByHand", r#"{"AWS":"arn:aws:iam::765628985471:root"}"#);
    let account = state.accounts.get_mut("123456789012").unwrap();
    let role = account.roles.get_mut("byhand").unwrap();
    role.tags.0.push(("aws:cloudformation:stack-name".to_owned(), "wizard".to_owned()));
    role.tags.0.push(("team".to_owned(), "contact-centre".to_owned()));
    let invoke = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:123456789012:function:*"}}"#;
    role.permissions.inline.insert("invoke".to_owned(), invoke.to_owned());
    Stage::with(&manifest(ONE_TARGET), state)
}

const INIT: [&str; 7] =
    ["init", "--genesys-region", "us-east-1", "--file", "live.toml", "--force", "--from-role"];

#[test]
fn what_a_role_does_not_say_can_be_said_for_it() {
    let stage = stage();
    let mut said = String::new();
    for options in [
        ["ByHand"].as_slice(),
        &["ByHand", "--organization-id", EXTERNAL_ID],
        &["arn:aws:iam::222222222222:role/ByHand"],
        &["ByHand", "--organization-id", EXTERNAL_ID, "--target", "my-genesys-trigger-function"],
    ] {
        said += &named(options.join(" "), &stage.run(&[&INIT, options].concat()).whole());
    }
    insta::assert_snapshot!(said, @"
    === ByHand
    exit 1
    -- stderr
    error[E34]: the trust policy of role `ByHand` does not require exactly one external ID: no statement compares `sts:ExternalId` with `StringEquals`
    hint: give --organization-id, the ID of the Genesys Cloud organization: the role will require it after `rolecall apply --adopt`
    === ByHand --organization-id 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
    exit 1
    -- stderr
    error[E53]: the policies of role `ByHand` name no Lambda function that it may invoke
    hint: give each function with --target
    === arn:aws:iam::222222222222:role/ByHand
    exit 1
    -- stderr
    error[E18]: role `ByHand` is of account 222222222222, but the credentials are of account 123456789012
    hint: use the credentials of the role's account (--profile)
    === ByHand --organization-id 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 --target my-genesys-trigger-function
    exit 0
    -- stdout
    wrote live.toml
    -- stderr
    warning: the trust policy does not require exactly one external ID; the manifest requires `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
    warning: policy `invoke` allows `arn:aws:lambda:us-east-1:123456789012:function:*`, which is not one function; the manifest leaves it out
    warning: the tag `aws:cloudformation:stack-name` is AWS's own; the manifest leaves it out, and AWS keeps it
    hint: `rolecall plan --file live.toml` shows what it would make; `rolecall apply --file live.toml --sandbox` tries it without an account
    ");
    insta::assert_snapshot!(std::fs::read_to_string(stage.folder.path().join("live.toml")).unwrap(), @r#"
    # The IAM role that Genesys Cloud assumes, and the Lambda functions that it may then invoke.
    # `rolecall plan` shows what would change in AWS; `rolecall apply` changes and verifies it.
    version = 1

    [genesys]
    # The AWS region in which the organization lives, or its domain. It decides the login host and the AWS
    # account that the role trusts.
    region = "us-east-1"
    # The organization's ID. It is the external ID: without it nobody can assume the role.
    organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"

    [role]
    name = "ByHand"
    path = "/"
    # The longest session in seconds: 3600 to 43200.
    max_session_duration = 3600
    tags = { team = "contact-centre" }

    # Each [[target]] is one function that may be invoked, in exactly this form.

    [[target]]
    function = "my-genesys-trigger-function"

    # How AWS is reached. With `account`, credentials of any other account are refused:
    # [aws]
    # account = "123456789012"
    "#);
    // What it describes can be taken over, and is then as it says.
    stage
        .run(&["apply", "--adopt", "--remove-foreign", "--yes", "--level", "paper", "--file", "live.toml"])
        .expect(0);
    stage.run(&["drift", "--file", "live.toml"]).expect(0);
}
