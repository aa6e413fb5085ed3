//! Which account a command changes: a profile that somebody named goes before the keys in the environment, and `account` in
//! the manifest refuses every other account before the first write.

use rolecall::sandbox::{Principal, State};

use super::stage::{EXTERNAL_ID, ONE_TARGET, ROLE, Run, Stage, manifest};
use super::views::named;

const OTHER: &str = "222222222222";
const THIRD: &str = "333333333333";

/// A stage with more accounts, and a profile for each: it assumes a role there.
fn stage(manifest: &str) -> Stage {
    let mut state = State::demo();
    for account in [OTHER, THIRD] {
        state.ensure_administrator(account, "/", "rolecall");
        state.add_function(account, "us-east-1", "my-genesys-trigger-function", &[]);
    }
    let stage = Stage::with(manifest, state);
    let keys = stage.sandbox.credentials(Principal::Ci);
    let mut profiles = format!(
        "[base]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        keys.access_key_id, keys.secret_access_key
    );
    for (name, account) in [("orders", OTHER), ("customers", THIRD)] {
        profiles +=
            &format!("\n[{name}]\nrole_arn = arn:aws:iam::{account}:role/rolecall\nsource_profile = base\n");
    }
    stage.write(".aws/credentials", &profiles);
    stage
}

fn one_target(aws: &str) -> String {
    manifest(&format!("[aws]\n{aws}\n\n{ONE_TARGET}"))
}

/// The account and the caller of a report.
fn who(run: &Run) -> (String, String) {
    let report = run.json();
    let text = |key: &str| report[key].as_str().unwrap().to_owned();
    (text("account"), text("caller"))
}

fn has_role(stage: &Stage, account: &str) -> bool {
    stage.sandbox.state().accounts[account].roles.contains_key(&ROLE.to_lowercase())
        || stage.sandbox.state().accounts[account].roles.contains_key(ROLE)
}

/// Writes that reached the embedded AWS or Genesys Cloud.
fn writes(stage: &Stage) -> Vec<String> {
    stage.calls().into_iter().filter(|call| call.write).map(|call| call.action).collect()
}

#[test]
fn a_named_profile_goes_before_the_keys_of_the_environment() {
    // The stage's environment has AWS_ACCESS_KEY_ID of the first account.
    let stage = stage(&one_target(""));
    let plan = stage.run(&["plan", "--output", "json"]).expect(0);
    assert_eq!(who(&plan).0, "123456789012");
    let plan = stage.run(&["plan", "--profile", "orders", "--output", "json"]).expect(0);
    assert_eq!(who(&plan).0, OTHER);
    stage.run(&["apply", "--profile", "orders", "--yes", "--level", "paper"]).expect(0);
    assert!(has_role(&stage, OTHER) && !has_role(&stage, "123456789012"));
}

#[test]
fn the_profile_of_the_manifest_does_so_too_and_the_command_line_goes_before_it() {
    let stage = stage(&one_target("profile = \"orders\""));
    assert_eq!(who(&stage.run(&["plan", "--output", "json"]).expect(0)).0, OTHER);
    let plan = stage.run(&["plan", "--profile", "customers", "--output", "json"]).expect(0);
    assert_eq!(who(&plan).0, THIRD);
}

#[test]
fn aws_profile_leaves_the_order_to_the_sdk() {
    let stage = stage(&one_target(""));
    let mut plan = stage.command(&["plan", "--output", "json"]);
    let plan: Run = plan.env("AWS_PROFILE", "orders").output().unwrap().into();
    assert_eq!(who(&plan.expect(0)).0, "123456789012");
}

#[test]
fn a_profile_that_no_file_has_is_refused_before_any_call() {
    let stage = stage(&one_target(""));
    for command in [["apply", "--yes"].as_slice(), &["plan"], &["verify"], &["drift"], &["destroy", "--yes"]]
    {
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run(&[command, &["--profile", "typo"]].concat()).whole(), @"
            exit 2
            -- stderr
            error[E12]: the AWS profile `typo` does not exist; looked at `[folder]/.aws/config` and `[folder]/.aws/credentials`
            hint: correct --profile, AWS_PROFILE or `profile` in [aws] (`aws configure list-profiles` names those that exist), or leave them out to use the credentials of the environment
            ");
        }
    }
    stage.write("rolecall.toml", &one_target("profile = \"typo\""));
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @"
    exit 2
    -- stderr
    error[E12]: the AWS profile `typo` does not exist; looked at `[folder]/.aws/config` and `[folder]/.aws/credentials`
    hint: correct --profile, AWS_PROFILE or `profile` in [aws] (`aws configure list-profiles` names those that exist), or leave them out to use the credentials of the environment
    ");
    let mut elsewhere = stage.command(&["plan"]);
    elsewhere.env("AWS_CONFIG_FILE", "/nowhere/config").env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/keys");
    insta::assert_snapshot!(Run::from(elsewhere.output().unwrap()).whole(), @"
    exit 2
    -- stderr
    error[E12]: the AWS profile `typo` does not exist; looked at `/nowhere/config` and `/nowhere/keys`
    hint: correct --profile, AWS_PROFILE or `profile` in [aws] (`aws configure list-profiles` names those that exist), or leave them out to use the credentials of the environment
    ");
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn a_profile_without_credentials_does_not_fall_back_on_the_environment() {
    let stage = stage(&one_target(""));
    stage.write(".aws/config", "[profile empty]\nregion = us-east-1\n");
    // Which of the reads that go out together fails first, nobody knows.
    insta::with_settings!({filters => [(r"\b(iam|sts|lambda):[A-Z]\w+", "[a read]")]}, {
        insta::assert_snapshot!(stage.run(&["apply", "--yes", "--profile", "empty"]).whole(), @"
        exit 1
        -- stderr
        error[E14]: nothing was changed: [a read] failed: no AWS credentials were found
        hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; without access to AWS, `rolecall genesys connect --role-arn ARN --profile empty` works on the Genesys Cloud side alone
        ");
    });
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn each_manifest_of_a_fleet_goes_to_the_account_of_its_own_profile() {
    let stage = stage("");
    for (file, profile) in [("a", "orders"), ("b", "customers")] {
        stage.write(&format!("accounts/{file}.toml"), &one_target(&format!("profile = \"{profile}\"")));
    }
    let all = ["--file", "accounts/*.toml", "--output", "json"];
    let plan = stage.run(&[["plan"].as_slice(), &all].concat()).expect(0).json();
    let accounts: Vec<&str> =
        plan["roles"].as_array().unwrap().iter().map(|role| role["account"].as_str().unwrap()).collect();
    assert_eq!(accounts, [OTHER, THIRD]);
    stage.write("accounts/b.toml", &one_target("profile = \"typo\""));
    let run = stage.run(&[["plan"].as_slice(), &all].concat());
    insta::assert_snapshot!(run.standard_error(), @"
    exit 2
    -- stderr
    error[E12]: accounts/b.toml: the AWS profile `typo` does not exist; looked at `[folder]/.aws/config` and `[folder]/.aws/credentials`
    hint: correct --profile, AWS_PROFILE or `profile` in [aws] (`aws configure list-profiles` names those that exist), or leave them out to use the credentials of the environment
    ");
}

#[test]
fn every_command_says_first_which_account_it_talks_to() {
    let stage = stage(&one_target("profile = \"orders\""));
    let first = "account 222222222222, as arn:aws:sts::222222222222:assumed-role/rolecall/";
    for (command, status) in [
        (["plan"].as_slice(), 0),
        (&["apply", "--yes", "--level", "paper"], 0),
        (&["verify", "--level", "paper"], 0),
        (&["drift"], 0),
        (&["destroy", "--yes"], 0),
    ] {
        let run = stage.run(command).expect(status);
        assert!(run.stdout.starts_with(first), "{command:?}\n{}", run.stdout);
    }
    let run = stage.run(&["destroy", "--yes", "--output", "json"]).expect(0);
    assert!(who(&run).1.starts_with("arn:aws:sts::222222222222:assumed-role/rolecall/"), "{}", run.stdout);
}

#[test]
fn credentials_of_another_account_are_refused_before_a_plan_is_shown() {
    let stage = stage(&one_target("account = \"222222222222\""));
    let mut said = String::new();
    for command in [
        ["plan"].as_slice(),
        &["apply", "--yes"],
        &["verify"],
        &["verify", "--sweep", "--yes"],
        &["verify", "--level", "twin"],
        &["drift"],
        &["destroy", "--yes"],
        &["target", "list"],
        &["target", "add", "my-genesys-trigger-function:live"],
    ] {
        said += &named(command.join(" "), &stage.run(command).whole());
    }
    insta::assert_snapshot!(said, @"
    === plan
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === apply --yes
    exit 1
    -- stderr
    error[E18]: nothing was changed: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === verify
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === verify --sweep --yes
    exit 1
    -- stderr
    error[E18]: nothing was changed: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === verify --level twin
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === drift
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === destroy --yes
    exit 1
    -- stderr
    error[E18]: nothing was changed in AWS or Genesys Cloud: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === target list
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === target add my-genesys-trigger-function:live
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    ");
    assert_eq!(writes(&stage), Vec::<String>::new());
    stage.run(&["apply", "--yes", "--profile", "orders", "--level", "paper"]).expect(0);
    assert!(has_role(&stage, OTHER));
}

/// The actions are in Genesys Cloud: the manifest says whose role they are about, and AWS is not asked who calls.
#[test]
fn connect_refuses_another_account_and_the_list_of_actions_asks_nobody_in_aws() {
    let text = manifest(&format!(
        "[aws]\naccount = \"{OTHER}\"\n\n[genesys.integration]\nname = \"Orders\"\n\n{ONE_TARGET}"
    ))
    .replace(EXTERNAL_ID, &State::demo().genesys.organization.id);
    let stage = stage(&text);
    let mut said = String::new();
    for command in [["genesys", "connect", "--yes"].as_slice(), &["genesys", "action", "list"]] {
        said += &named(command.join(" "), &stage.run_client(command).whole());
    }
    insta::assert_snapshot!(said, @"
    === genesys connect --yes
    exit 1
    -- stderr
    error[E18]: nothing was changed in AWS or Genesys Cloud: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    === genesys action list
    exit 0
    ");
    assert_eq!(writes(&stage), Vec::<String>::new());
    stage.run_client(&["genesys", "action", "list"]).expect(0);
    assert!(stage.calls().iter().all(|call| call.service == "genesys"));
}

#[test]
fn a_missing_function_or_permission_does_not_hide_the_wrong_account() {
    let text = one_target("account = \"222222222222\"").replace("my-genesys-trigger-function", "nowhere");
    let run = stage(&text).run(&["plan"]);
    insta::assert_snapshot!(run.whole(), @"
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:sts::123456789012:assumed-role/ci/rolecall`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    ");
    let run = stage(&text).acting_as(Principal::Nobody).run(&["plan"]);
    insta::assert_snapshot!(run.whole(), @"
    exit 1
    -- stderr
    error[E18]: the manifest is for account 222222222222 (`account` in [aws]), but the credentials are of account 123456789012: the caller is `arn:aws:iam::123456789012:user/nobody`
    hint: use the credentials of the manifest's account (--profile, `profile` or `assume_role` in [aws]), or correct `account`
    ");
}

#[test]
fn in_a_fleet_only_the_manifest_of_another_account_fails() {
    let stage = stage("");
    stage.write("accounts/a.toml", &one_target("account = \"222222222222\""));
    stage.write("accounts/b.toml", &one_target("profile = \"orders\"\naccount = \"222222222222\""));
    let run = stage.run(&["plan", "--file", "accounts/*.toml", "--output", "json"]).expect(1).json();
    let exits: Vec<u64> =
        run["roles"].as_array().unwrap().iter().map(|role| role["exit_code"].as_u64().unwrap()).collect();
    assert_eq!(exits, [1, 0]);
}

#[test]
fn the_sandbox_is_never_the_wrong_account() {
    let stage = stage(&one_target("account = \"222222222222\""));
    insta::assert_snapshot!(stage.run(&["plan", "--sandbox"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    After apply
    Result: pending: 3 to create, 0 to change, 0 to delete; after apply every claim about the role is proved; until then: the role does not exist
    ");
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused_before_any_call() {
    let stage = stage(&one_target(
        "account = \"222222222222\"\nassume_role = \"arn:aws:iam::333333333333:role/rolecall\"",
    ));
    insta::assert_snapshot!(stage.run(&["plan"]).whole(), @r#"
    exit 2
    -- stderr
    error[E5]: rolecall.toml:11:11: `account` is 222222222222, but `assume_role` is a role of account 333333333333
       |
    11 | account = "222222222222"
       |           ^^^^^^^^^^^^^^
    "#);
    stage.write("rolecall.toml", &one_target("account = \"2222\""));
    insta::assert_snapshot!(stage.run(&["plan"]).whole(), @r#"
    exit 2
    -- stderr
    error[E5]: rolecall.toml:11:11: `2222` is not an AWS account ID: must be exactly 12 digits; for example `765628985471`
       |
    11 | account = "2222"
       |           ^^^^^^
    "#);
    assert_eq!(stage.calls().len(), 0);
}
