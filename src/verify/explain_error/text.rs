//! What an error text says by itself. The words are those of AWS (IAM User Guide, "Troubleshoot access denied error
//! messages"), which Genesys Cloud hands on within its own; they are looked for anywhere, because how Genesys Cloud wraps
//! them is not documented.

use serde_json::Value;

use super::known::{self, KnownMessage, Speaker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// `sts:AssumeRole` was denied.
    AssumeRole,
    /// `lambda:InvokeFunction` was denied.
    Invoke,
    /// Lambda knows no such function.
    FunctionNotFound,
    /// Something that the catalogue of messages has.
    Known(Speaker),
    /// None of these.
    Other,
}

/// The kind of policy that AWS itself holds responsible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blamed {
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// The permissions boundary.
    Boundary,
    /// The session policy.
    Session,
    /// The policy of the resource.
    Resource,
    /// A policy of the caller.
    Identity,
    /// The trust policy of the role.
    Trust,
}

/// An error text, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub failed: Failed,
    /// The caller that the text names.
    pub principal: Option<String>,
    /// What was called, as the text names it.
    pub resource: Option<String>,
    /// The policy that AWS names, and whether a statement of it denies.
    pub blamed: Option<(Blamed, bool)>,
    /// The step of a test in Genesys Cloud that failed first.
    pub step: Option<FailedStep>,
}

/// A step of a test that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedStep {
    /// Its number, where Genesys Cloud tells one.
    pub number: Option<u64>,
    pub name: String,
}

/// AWS's names for the kinds of policies, the longer before the shorter that they contain.
const POLICIES: [(&str, Blamed); 7] = [
    ("service control policy", Blamed::ServiceControl),
    ("resource control policy", Blamed::ResourceControl),
    ("permissions boundary", Blamed::Boundary),
    ("session policy", Blamed::Session),
    ("resource-based policy", Blamed::Resource),
    ("identity-based policy", Blamed::Identity),
    ("role trust policy", Blamed::Trust),
];

impl Reported {
    /// The text, and the entry of the catalogue that explains it where there is one.
    pub(super) fn read(text: &str) -> (Self, Option<&'static KnownMessage>) {
        let lower = text.to_ascii_lowercase();
        // A name that goes on is another action: `sts:AssumeRoleWithWebIdentity`, `lambda:InvokeFunctionUrl`.
        let has = |part: &str| {
            let mut after = lower.match_indices(part).map(|(at, _)| lower.get(at + part.len()..));
            after.any(|rest| {
                rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
            })
        };
        // AWS names the denied action, and then its documents decide; elsewhere the words do.
        let denied = |action: &str| has(action) && lower.contains("not authorized to perform");
        let (failed, known) = if denied("sts:assumerole") {
            (Failed::AssumeRole, None)
        } else if denied("lambda:invokefunction") {
            (Failed::Invoke, None)
        } else if let Some(known) = known::find(text) {
            (Failed::Known(known.from), Some(known))
        } else if lower.contains("function not found") || lower.contains("resourcenotfoundexception") {
            (Failed::FunctionNotFound, None)
        } else if has("sts:assumerole") {
            (Failed::AssumeRole, None)
        } else if has("lambda:invokefunction") {
            (Failed::Invoke, None)
        } else {
            (Failed::Other, None)
        };
        let resource = match failed {
            Failed::FunctionNotFound => word_after(text, "not found: "),
            Failed::AssumeRole | Failed::Invoke | Failed::Known(_) | Failed::Other => {
                word_after(text, "on resource: ")
            }
        };
        let found = |article: &str| {
            let (_, rest) = lower.split_once(article)?;
            let rest = rest.trim_start_matches("n ").trim_start();
            POLICIES.iter().find(|(name, _)| rest.starts_with(name)).map(|(_, blamed)| *blamed)
        };
        let denies =
            ["with an explicit deny in a", "with an explicit deny in the "].into_iter().find_map(found);
        let blamed =
            denies.map(|blamed| (blamed, true)).or_else(|| found("because no ").map(|it| (it, false)));
        let reported =
            Self { failed, principal: word_after(text, "User: "), resource, blamed, step: failed_step(text) };
        (reported, known)
    }
}

/// The operation that the AWS SDK for Python says was called, where Genesys Cloud makes no such call: "An error occurred
/// (ThrottlingException) when calling the Query operation" (botocore, `ClientError.MSG_TEMPLATE`).
pub(super) fn called_by_code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("when calling the ")?;
    let (operation, _) = rest.split_once(" operation")?;
    let is_name = !operation.is_empty() && operation.chars().all(|letter| letter.is_ascii_alphanumeric());
    (is_name && !["AssumeRole", "Invoke", "InvokeFunction"].contains(&operation)).then_some(operation)
}

/// The first step that failed, where the text is the result of a test, or has one in it.
fn failed_step(text: &str) -> Option<FailedStep> {
    let json = text.get(text.find('{')?..)?;
    let value: Value = serde_json::Deserializer::from_str(json).into_iter().next()?.ok()?;
    let failed = |step: &&Value| step.get("success") == Some(&Value::Bool(false));
    let step = value.get("operations")?.as_array()?.iter().find(failed)?;
    let name = step.get("name")?.as_str()?.to_owned();
    Some(FailedStep { number: step.get("step").and_then(Value::as_u64), name })
}

/// The ARN after some words; what is no ARN is nothing.
fn word_after(text: &str, words: &str) -> Option<String> {
    let (_, rest) = text.split_once(words)?;
    let end = rest
        .find(|letter: char| letter.is_whitespace() || "\"'\\,;)}".contains(letter))
        .unwrap_or(rest.len());
    let word = rest.get(..end)?.trim_end_matches('.');
    word.starts_with("arn:").then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";
    const CALLER: &str = "arn:aws:sts::765628985471:assumed-role/data-actions/x";
    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f:live";

    #[test]
    fn aws_text_within_genesys_text_is_taken_apart() {
        let text = format!(
            r#"{{"success":false,"operations":[{{"name":"Execute","error":{{"message":"Internal Server Error","errors":
            [{{"message":"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"}}]}}}}]}}"#
        );
        let (reported, _) = Reported::read(&text);
        assert_eq!(reported.failed, Failed::AssumeRole);
        assert_eq!(reported.principal.as_deref(), Some(CALLER));
        assert_eq!(reported.resource.as_deref(), Some(ROLE));
        assert_eq!(reported.blamed, None);
    }

    #[test]
    fn the_policy_that_aws_names_is_read() {
        let cases = [
            (
                "because no identity-based policy allows the lambda:InvokeFunction action",
                (Blamed::Identity, false),
            ),
            ("with an explicit deny in an identity-based policy", (Blamed::Identity, true)),
            ("with an explicit deny in a service control policy", (Blamed::ServiceControl, true)),
            (
                "because no permissions boundary allows the lambda:InvokeFunction action",
                (Blamed::Boundary, false),
            ),
            ("because no session policy allows the lambda:InvokeFunction action", (Blamed::Session, false)),
            (
                "because no resource-based policy allows the lambda:InvokeFunction action",
                (Blamed::Resource, false),
            ),
            ("with an explicit deny in the role trust policy", (Blamed::Trust, true)),
            ("with an explicit deny in a resource control policy", (Blamed::ResourceControl, true)),
        ];
        for (words, blamed) in cases {
            let text = format!(
                "User: x is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION} {words}"
            );
            assert_eq!(Reported::read(&text).0.blamed, Some(blamed), "{words}");
        }
    }

    #[test]
    fn what_says_nothing_is_other() {
        let (reported, _) = Reported::read("Internal Server Error");
        assert_eq!(
            reported,
            Reported { failed: Failed::Other, principal: None, resource: None, blamed: None, step: None }
        );
        let (gone, _) =
            Reported::read(&format!("ResourceNotFoundException: Function not found: {FUNCTION}."));
        assert_eq!((gone.failed, gone.resource.as_deref()), (Failed::FunctionNotFound, Some(FUNCTION)));
    }
}
