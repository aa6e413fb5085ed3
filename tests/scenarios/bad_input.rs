//! Mistakes and misfortunes: each gets one clear message and the right exit code.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};

use super::stage::{ONE_TARGET, Run, Stage, binary, manifest};
use super::views::named;

#[test]
fn a_missing_manifest_is_a_usage_error() {
    let folder = tempfile::TempDir::new().unwrap();
    let run: Run = binary(folder.path()).arg("plan").output().unwrap().into();
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E4]: no manifest at `rolecall.toml`; `rolecall init` writes a manifest, `--file` names a different path
    ");
}

#[test]
fn every_fault_of_a_manifest_is_named_at_once() {
    let stage = Stage::new();
    stage.write(
        "rolecall.toml",
        "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"x\"\n[role]\nname = \"a b\"\ncolour = 1\n[[target]]\nfunction = 3\n",
    );
    insta::assert_snapshot!(stage.run(&["plan"]).whole(), @r#"
    exit 2
    -- stderr
    error[E5]: rolecall.toml:4:19: `x` is not an external ID: must be 2–1224 letters, digits or any of `_+=,.@:/-`; for example `5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90`
      |
    4 | organization_id = "x"
      |                   ^^^
    rolecall.toml:6:8: `a b` is not a role name: must be 1–64 letters, digits or any of `_+=,.@-`; for example `GenesysDataActionRole`
      |
    6 | name = "a b"
      |        ^^^^^
    rolecall.toml:7:1: unknown key `colour` in [role]; the keys here are `name`, `path`, `description`, `max_session_duration`, `permissions_boundary`, `managed_by`, `tags`
      |
    7 | colour = 1
      | ^^^^^^
    rolecall.toml:9:12: `function` must be text; put it in quotes: `function = "3"`
      |
    9 | function = 3
      |            ^
    "#);
    assert!(stage.calls().is_empty(), "nothing was contacted");
}

#[test]
fn a_manifest_without_an_organization_says_where_to_find_it() {
    let stage = Stage::new();
    let text = manifest(ONE_TARGET);
    let text: String = text
        .lines()
        .filter(|line| !line.starts_with("organization_id"))
        .map(|line| format!("{line}\n"))
        .collect();
    stage.write("rolecall.toml", &text);
    insta::assert_snapshot!(stage.run(&["plan"]).whole(), @"
    exit 2
    -- stderr
    error[E34]: the manifest states no `organization_id` in [genesys]
    hint: it is the external ID: Genesys Cloud shows it under Admin > Account Settings > Organization Settings > Organization Details; commands that contact AWS read it from Genesys Cloud themselves where GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET are set
    ");
    // With the credentials of an OAuth client, Genesys Cloud says it.
    insta::assert_snapshot!(stage.run_client(&["plan"]).outline(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    After apply
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: pending: 3 to create, 0 to change, 0 to delete; after apply every claim about the role is proved; until then: the role does not exist
    ");
}

#[test]
fn a_missing_function_is_named_with_its_neighbours() {
    let target = "[[target]]\nfunction = \"my-genesys-triger-function\"\n[[target]]\nfunction = \"orders-status\"\nqualifier = \"prod\"\n";
    let stage = Stage::with(&manifest(target), State::demo());
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-triger-function
                  arn:aws:lambda:us-east-1:123456789012:function:orders-status:prod

      + create role GenesysDataActionRole
            {
              "description": "Assumed by Genesys Cloud to invoke Lambda functions.",
              "max_session_duration": 3600,
              "path": "/",
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              },
              "trust": {
                "Statement": [
                  {
                    "Action": "sts:AssumeRole",
                    "Condition": {
                      "StringEquals": {
                        "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
                      }
                    },
                    "Effect": "Allow",
                    "Principal": {
                      "AWS": [
                        "arn:aws:iam::765628985471:root",
                        "arn:aws:iam::123456789012:role/ci"
                      ]
                    }
                  }
                ],
                "Version": "2012-10-17"
              }
            }
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
            {
              "description": "Lets a role invoke its Lambda functions. Managed by rolecall.",
              "document": {
                "Statement": [
                  {
                    "Action": "lambda:InvokeFunction",
                    "Effect": "Allow",
                    "Resource": [
                      "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-triger-function",
                      "arn:aws:lambda:us-east-1:123456789012:function:orders-status:prod"
                    ]
                  }
                ],
                "Version": "2012-10-17"
              },
              "tags": {
                "rolecall:role": "GenesysDataActionRole"
              }
            }
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.

    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      refuted    a session can invoke each of the 2 target functions
                 no function `my-genesys-triger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function`, `my-genesys-trigger-function-test`, `customer-lookup`
                 function `arn:aws:lambda:us-east-1:123456789012:function:orders-status` has no alias or version `prod`
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: refuted: a target function is missing; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      every-target (refuted): a session can invoke each of the 2 target functions: no function `my-genesys-triger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function`, `my-genesys-trigger-function-test`, `customer-lookup`; function `arn:aws:lambda:us-east-1:123456789012:function:orders-status` has no alias or version `prod`
    hint: correct the [[target]] in the manifest, or deploy the function first; use `--allow-claim every-target` to apply anyway
    "#);
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_target_without_a_region_is_a_usage_error() {
    let stage = Stage::new();
    let mut command = stage.command(&["plan"]);
    let run: Run = command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION").output().unwrap().into();
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E13]: no region for target `my-genesys-trigger-function`
    hint: give the [[target]] a `region`, or set --region, AWS_REGION or the profile's region
    ");
    assert!(stage.calls().is_empty(), "nothing was contacted");
}

/// The reads go out together, and which of them fails first differs from run to run.
fn any_read(run: &Run) -> String {
    let read = regex::Regex::new(r"(error\[E\d+\]): [a-z]+:[A-Za-z]+ failed").unwrap();
    let whole = read.replace(&run.whole(), "$1: [a read] failed").into_owned();
    // IAM and Lambda have names of their own for it.
    let names =
        [("InvalidSignatureException", "SignatureDoesNotMatch"), ("ExpiredTokenException", "ExpiredToken")];
    names.iter().fold(whole, |whole, (name, same)| whole.replace(name, same))
}

#[test]
fn credentials_that_are_missing_wrong_or_expired_are_told_apart() {
    let stage = Stage::new();
    let mut none = stage.command(&["plan"]);
    none.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let run: Run = none.output().unwrap().into();
    insta::assert_snapshot!(any_read(&run), @"
    exit 1
    -- stderr
    error[E14]: [a read] failed: no AWS credentials were found
    hint: log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account; without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side alone
    ");

    let mut wrong = stage.command(&["plan"]);
    wrong.env("AWS_SECRET_ACCESS_KEY", "not-the-key");
    let run: Run = wrong.output().unwrap().into();
    insta::assert_snapshot!(any_read(&run), @"
    exit 1
    -- stderr
    error[E16]: [a read] failed: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details. (SignatureDoesNotMatch, request [id])
    hint: check the access key, the secret key and the session token; a wrong clock gives this error too
    ");

    stage.set(Faults {
        rules: vec![FaultRule { operation: "*".to_owned(), skip: 0, times: None, fault: Fault::Expire }],
        ..Faults::default()
    });
    insta::assert_snapshot!(any_read(&stage.run(&["plan"])), @"
    exit 1
    -- stderr
    error[E15]: [a read] failed: The security token included in the request is expired (ExpiredToken, request [id])
    hint: log in again, or get new keys, and repeat the command
    ");
}

#[test]
fn an_endpoint_that_refuses_is_named() {
    let stage = Stage::new();
    let mut command = stage.command(&["plan", "--deadline", "5"]);
    let run: Run = command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").output().unwrap().into();
    insta::assert_snapshot!(any_read(&run), @"
    exit 1
    -- stderr
    error[E19]: [a read] failed: cannot reach 127.0.0.1:[port]: tcp connect error: Connection refused (os error [number])
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region and AWS_ENDPOINT_URL; then repeat the command
    ");
}

#[test]
fn a_question_nobody_can_answer_changes_nothing() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["apply"]).headlines(), @"
    exit 2
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    -- stderr
    error[E2]: nothing was changed in AWS or Genesys Cloud: no terminal to ask for confirmation (use `--yes`)
    hint: --yes carries the plan out without asking
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_trust_policy_over_the_quota_is_refused_before_anything_is_written() {
    let stage = Stage::new();
    let statements: Vec<String> = (0..60).map(|index| format!(
        r#"{{"Sid":"S{index}","Effect":"Allow","Principal":{{"AWS":"{{{{trusted_principals}}}}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{{{{external_id}}}}"}}}}}}"#
    )).collect();
    stage.write(
        "own/trust.json",
        &format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")),
    );
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--policies", "own"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: nothing was changed: the trust policy has 14128 characters without white space, and the account's quota is 2048 (exit code 1)
    -- stderr
    error[E23]: nothing was changed: the trust policy has 14128 characters without white space, and the account's quota is 2048
    hint: shorten the trust template, name fewer [[genesys.organization]]s that end at different times, or have the quota raised (Service Quotas, L-C07B4B0D)
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_template_with_an_unknown_placeholder_is_a_usage_error() {
    let stage = Stage::new();
    stage.write("own/trust.json", r#"{"Version":"2012-10-17","Statement":[{"Sid":"{{who}}"}]}"#);
    insta::assert_snapshot!(stage.run(&["plan", "--policies", "own"]).whole(), @"
    exit 2
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: wrong usage: template `trust.json` has an unknown placeholder `{{who}}` at `/Statement/0/Sid`; it may use {{client_parameters}}, {{client_secrets}}, {{external_id}}, {{functions}}, {{functions_in_every_form}}, {{policy_arns}}, {{role_arn}}, {{signing_secrets}}, {{targets}}, {{topics}}, {{trusted_principals}}, {{twin_arns}}, {{written_parameters}}, {{written_secrets}} (exit code 2)
    -- stderr
    error[E8]: template `trust.json` has an unknown placeholder `{{who}}` at `/Statement/0/Sid`; it may use {{client_parameters}}, {{client_secrets}}, {{external_id}}, {{functions}}, {{functions_in_every_form}}, {{policy_arns}}, {{role_arn}}, {{signing_secrets}}, {{targets}}, {{topics}}, {{trusted_principals}}, {{twin_arns}}, {{written_parameters}}, {{written_secrets}}
    ");
    insta::assert_snapshot!(stage.run(&["plan", "--policies", "nowhere"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: `nowhere` holds neither trust.json nor invoke.json
    hint: --policies takes a folder with your own templates
    ");
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let stage = Stage::new();
    let run = stage.run(&["plan", "--output", "json", "--file", "gone.toml"]).expect(2);
    let report = run.json();
    assert_eq!(report["command"], "plan");
    assert_eq!(report["exit_code"], 2);
    insta::assert_json_snapshot!(report["error"], @r#"
    {
      "code": "E4",
      "message": "no manifest at `gone.toml`; `rolecall init` writes a manifest, `--file` names a different path"
    }
    "#);
}

/// Accounts exist in one partition: what Genesys Cloud publishes for the commercial one is nobody's elsewhere.
#[test]
fn a_region_of_another_partition_is_refused_before_anybody_is_contacted() {
    let stage = Stage::new();
    let mut said = String::new();
    for region in ["us-gov-west-1", "cn-north-1"] {
        for command in [&["plan"][..], &["apply", "--yes"], &["drift"]] {
            let run = stage.run(&[command, &["--region", region]].concat());
            said += &named(format!("{} in {region}", command[0]), &run.whole());
        }
    }
    insta::assert_snapshot!(said, @"
    === plan in us-gov-west-1
    exit 2
    -- stderr
    error[E5]: the region `us-gov-west-1` is in the partition `aws-us-gov`, and Genesys Cloud's account 765628985471 is in `aws`: no principal can assume a role of another partition; use a region and an account of `aws`, or state the `trusted_account` that Genesys gave you for `aws-us-gov`
    === apply in us-gov-west-1
    exit 2
    -- stderr
    error[E5]: the region `us-gov-west-1` is in the partition `aws-us-gov`, and Genesys Cloud's account 765628985471 is in `aws`: no principal can assume a role of another partition; use a region and an account of `aws`, or state the `trusted_account` that Genesys gave you for `aws-us-gov`
    === drift in us-gov-west-1
    exit 2
    -- stderr
    error[E5]: the region `us-gov-west-1` is in the partition `aws-us-gov`, and Genesys Cloud's account 765628985471 is in `aws`: no principal can assume a role of another partition; use a region and an account of `aws`, or state the `trusted_account` that Genesys gave you for `aws-us-gov`
    === plan in cn-north-1
    exit 2
    -- stderr
    error[E5]: the region `cn-north-1` is in the partition `aws-cn`, and Genesys Cloud's account 765628985471 is in `aws`: no principal can assume a role of another partition; use a region and an account of `aws`, or state the `trusted_account` that Genesys gave you for `aws-cn`
    === apply in cn-north-1
    exit 2
    -- stderr
    error[E5]: the region `cn-north-1` is in the partition `aws-cn`, and Genesys Cloud's account 765628985471 is in `aws`: no principal can assume a role of another partition; use a region and an account of `aws`, or state the `trusted_account` that Genesys gave you for `aws-cn`
    === drift in cn-north-1
    exit 2
    -- stderr
    error[E5]: the region `cn-north-1` is in the partition `aws-cn`, and Genesys Cloud's account 765628985471 is in `aws`: no principal can assume a role of another partition; use a region and an account of `aws`, or state the `trusted_account` that Genesys gave you for `aws-cn`
    ");
    assert!(stage.calls().is_empty());
}
