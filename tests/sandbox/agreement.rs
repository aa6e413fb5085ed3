//! Two evaluators that share no code, one table: what AWS documents, the sandbox answers (`awsim-iam-policy` decides in it),
//! and rolecall's own evaluator says of the same documents. An error in one of them shows here as a difference.

use rolecall::iam::context::Context;
use rolecall::iam::document::Document;
use rolecall::iam::evaluate::{Decision, Layers, Request, evaluate};
use rolecall::sandbox::Principal;
use serde_json::json;

use super::client::trust;
use super::trust_table::{ROLE, rows};

/// What the sandbox knows of a request for the role.
fn context(caller: Principal, external_id: Option<&str>) -> Context {
    let context = Context::new()
        .with("sts:RoleSessionName", "rolecall")
        .with("aws:SourceIp", "127.0.0.1")
        .with("aws:CurrentTime", "2026-11-21T10:00:00Z")
        .with("aws:SecureTransport", "true")
        .with("aws:ViaAWSService", "false");
    let is_session = matches!(caller, Principal::Ci | Principal::Vendor);
    let context = if is_session { context.with("aws:MultiFactorAuthPresent", "false") } else { context };
    match external_id {
        Some(id) => context.with("sts:ExternalId", id),
        None => context,
    }
}

#[test]
fn our_own_evaluator_says_what_the_sandbox_answers() {
    let everything =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let everything = Document::from_value(&everything).unwrap();
    let (mut decided, mut open) = (0, Vec::new());
    for (name, statements, tries) in rows() {
        let document =
            Document::parse(&trust(&statements)).unwrap_or_else(|errors| panic!("{name}: {errors}"));
        for (caller, id, allowed) in tries {
            let request = Request {
                principal: caller.arn().parse().unwrap(),
                action: "sts:AssumeRole".to_owned(),
                resource: format!("arn:aws:iam::123456789012:role/{ROLE}"),
                resource_account: None,
                context: context(caller, id),
            };
            let identity = if caller == Principal::Nobody { vec![] } else { vec![&everything] };
            let layers = Layers { identity, resource: Some(&document), ..Layers::default() };
            match evaluate(&request, &layers).decision {
                Decision::Unknown => open.push(name),
                decision => {
                    assert_eq!(decision == Decision::Allowed, allowed, "{name}: {caller:?} with {id:?}");
                    decided += 1;
                }
            }
        }
    }
    open.dedup();
    assert_eq!(open, ["number", "no number of"], "AWS documents no numeric operator on text");
    assert!(decided > 80, "{decided}");
}
