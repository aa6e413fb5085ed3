//! What "Do this now" prints is done after every change by hand, and after a few of the pairs of which `just repairs` takes all.

use std::path::Path;

use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, Tamper};

use super::genesys::applied;
use super::stage::{self, ROLE};
use super::views::named;

#[path = "../chaos/repairs.rs"]
mod repairs;

#[test]
fn what_is_printed_to_do_ends_every_difference() {
    let (tally, wrong) = repairs::run(12, 3);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/evidence.md");
    let page = std::fs::read_to_string(page).unwrap();
    for row in repairs::table(&tally).lines().filter(|line| line.starts_with("| 1 |")) {
        assert!(page.contains(row), "run `just repairs`: {row}");
    }
}

fn denied(operation: &str) -> Faults {
    let operation = operation.to_owned();
    let rule = FaultRule { operation, skip: 0, times: None, fault: Fault::Deny };
    Faults { rules: vec![rule], ..Faults::default() }
}

/// What is to be done is printed beside an error, too: as far as it can be done while the error is there.
#[test]
fn an_error_keeps_nobody_from_closing_what_is_open() {
    let stage = applied();
    stage.tamper(Tamper::TrustWildcardPrincipal);
    stage.tamper(Tamper::TrustNoCondition);
    stage.tamper(Tamper::FunctionPublic);
    stage.set(denied("genesys:*"));
    insta::assert_snapshot!(named("Genesys Cloud cannot be read", &stage.run_client(&["drift"]).section("Do this now")), @"
    === Genesys Cloud cannot be read
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
      1. aws lambda remove-permission --region us-east-1 --function-name arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function --statement-id everybody
         the function's own policy no longer lets in a caller that nobody stated; if the caller is wanted, name it in `invokers` of the [[target]] instead
      2. rolecall apply --side aws
         rolecall writes to AWS what the manifest says, and not to Genesys Cloud
      3. rolecall drift
         shows what differs in Genesys Cloud, which was not compared here
    Result: refuted: the trust policy lets in more than the manifest allows; a function can be reached without the role; and 1 more; cannot read Genesys Cloud: POST /oauth/token failed: http://127.0.0.1:[port] does not accept the OAuth client `11111111-2222-3333-4444-555555555555` and its secret: invalid_client: authentication failed; possible causes: a wrong ID or secret, a disabled client, a grant type other than client credentials, or a client of another region (HTTP 401, contextId [id]) (exit code 4)
    -- stderr
    error[E31]: cannot read Genesys Cloud: POST /oauth/token failed: http://127.0.0.1:[port] does not accept the OAuth client `11111111-2222-3333-4444-555555555555` and its secret: invalid_client: authentication failed; possible causes: a wrong ID or secret, a disabled client, a grant type other than client credentials, or a client of another region (HTTP 401, contextId [id])
    hint: Genesys Cloud shows the client under Admin > Integrations > OAuth; it works only in the region of its organization
    ");
    for command in ["apply --side aws --yes", "drift --side aws"] {
        let words: Vec<&str> = command.split(' ').collect();
        let run = stage.run_client(&words);
        // The function's own policy is still open.
        assert!(run.status == 4 && !run.stderr.contains("error[E"), "{}", run.whole());
        assert!(!run.stdout.contains("can assume the role without an external ID"), "{}", run.whole());
    }
    stage.set(Faults::default());
    stage.tamper(Tamper::TrustNoCondition);
    stage.set(denied("iam:GetPolicyVersion"));
    insta::assert_snapshot!(named("a policy cannot be read", &stage.run_client(&["drift"]).section("Do this now")), @"
    === a policy cannot be read
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    As it is in AWS
    Do this now
      1. aws lambda remove-permission --region us-east-1 --function-name arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function --statement-id everybody
         the function's own policy no longer lets in a caller that nobody stated; if the caller is wanted, name it in `invokers` of the [[target]] instead
      2. rolecall drift
         shows what else differs in AWS, which could not be compared
    Result: refuted: the role can be assumed without its external ID; a function can be reached without the role; and 2 more; iam:GetPolicyVersion failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: iam:GetPolicyVersion (AccessDenied, request [id]) (exit code 4)
    -- stderr
    error[E17]: iam:GetPolicyVersion failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: iam:GetPolicyVersion (AccessDenied, request [id])
    hint: the caller needs the permission iam:GetPolicyVersion; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies for rolecall
    ");
    stage.set(Faults::default());
    stage.sandbox.change(|state| state.role_mut(CUSTOMER, ROLE).unwrap().tags.0.clear()).unwrap();
    for command in ["plan", "apply"] {
        let run = stage.run_client(&[command]).expect(4);
        let (_, block) = run.stdout.split_once("\nDo this now\n").unwrap();
        let steps: Vec<&str> = block.lines().filter(|line| line.contains(". ")).take(2).collect();
        assert!(
            steps[0].contains("aws lambda remove-permission") && steps[1] == "  2. rolecall apply --adopt",
            "{}",
            run.whole()
        );
    }
}
