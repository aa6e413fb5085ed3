//! Requests of CloudFormation that are not as its User Guide has them: answered all the same, for a stack that waits in vain can
//! neither go on nor back. And an answer that is refused for good.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::stage::{Function, Served};

/// A request to which something was done.
fn serve(change: impl Fn(&mut serde_json::Map<String, Value>)) -> Served {
    let function = Function::new(Vec::new());
    let mut event = function.request("Delete", &json!({}));
    change(event.as_object_mut().unwrap());
    function.serve(vec![event])
}

#[test]
fn an_unknown_kind_of_change_is_answered_with_a_failure() {
    for kind in [json!("Rotate"), json!(7), Value::Null] {
        let served = serve(|event| {
            event.insert("RequestType".to_owned(), kind.clone());
        });
        assert!(served.outcomes[0].is_ok(), "{served:#?}");
        let answer = &served.answers[0];
        assert_eq!((&answer["Status"], &answer["LogicalResourceId"]), (&json!("FAILED"), &json!("Proof")));
        // What there is keeps its ID, or CloudFormation would delete it.
        assert_eq!(answer["PhysicalResourceId"], "trust-proof/GenesysDataActionRole");
        assert_eq!(answer["RequestId"], "3b1f0c4e-0001");
        assert!(answer["Reason"].as_str().unwrap().contains("cannot read this request"), "{answer:#}");
    }
}

#[test]
fn a_missing_name_of_the_resource_is_answered_with_a_failure() {
    for missing in ["LogicalResourceId", "StackId", "RequestId", "ResourceType"] {
        let served = serve(|event| {
            event.remove(missing).unwrap();
        });
        assert!(served.outcomes[0].is_ok(), "{missing}: {served:#?}");
        let answer = &served.answers[0];
        assert_eq!(answer["Status"], "FAILED", "{missing}");
        assert!(answer["Reason"].as_str().unwrap().contains(missing), "{answer:#}");
        assert!(
            ["StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId"]
                .iter()
                .all(|name| answer[name].is_string())
        );
    }
}

#[test]
fn an_answer_elsewhere_is_not_sent_for_a_request_that_cannot_be_read_either() {
    let served = serve(|event| {
        event.remove("LogicalResourceId").unwrap();
        event.insert("ResponseURL".to_owned(), json!("https://elsewhere.example/answer?signature=x"));
    });
    assert!(served.outcomes[0].is_err() && served.answers.is_empty(), "{served:#?}");
}

#[test]
fn a_refused_answer_is_not_sent_again() {
    let function = Function::new(Vec::new());
    let event = function.request("Delete", &json!({}));
    let refusals = (0..50).map(|_| ResponseTemplate::new(403)).collect();
    let served = function.serve_after(refusals, vec![event]);
    let error = served.outcomes[0].as_ref().unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().contains("HTTP status 403"), "{error:#}");
    assert_eq!(served.answers.len(), 1, "one attempt: {served:#?}");
}
