//! One meaning: what a statement covers as languages, against what the evaluator says, on every combination of a grammar of
//! small documents. A certain reading is never more than the evaluator's, a possible one never less.

use serde_json::{Value, json};

use super::caller::{Call, Caller, Derived};
use super::names::Union;
use super::policy::place;
use super::rule::{Cover, Rule, Sureness};
use super::strings::Variable;
use crate::condition::Keys;
use crate::context::{Context, ContextKey, Lookup};
use crate::document::{Document, Effect};
use crate::evaluate::{Layers, Request, evaluate, evaluate_trust};
use crate::keys::CallerKind;
use crate::principal::Principal;
use crate::truth::Truth;

const CALLERS: [&str; 12] = [
    "arn:aws:iam::111122223333:user/ada",
    "arn:aws:iam::111122223333:user/a:b/ada",
    "arn:aws:iam::444455556666:user/bob",
    "arn:aws:sts::111122223333:assumed-role/ada/one",
    "arn:aws:sts::111122223333:assumed-role/other/two",
    "arn:aws:sts::444455556666:assumed-role/ada/one",
    "lambda.amazonaws.com",
    "ec2.amazonaws.com.cn",
    "accounts.google.com",
    "arn:aws:iam::111122223333:oidc-provider/example.com",
    "arn:aws:iam::111122223333:saml-provider/idp",
    "arn:aws:sts::111122223333:assumed-role/ada/two",
];

/// `Principal` and `NotPrincipal` elements.
fn elements() -> Vec<Value> {
    let names = [
        json!({"AWS": "111122223333"}),
        json!({"AWS": "arn:aws:iam::444455556666:root"}),
        json!({"AWS": "arn:aws:iam::111122223333:user/ada"}),
        json!({"AWS": "arn:aws:iam::111122223333:user/a:b/ada"}),
        json!({"AWS": "arn:aws:iam::111122223333:role/ada"}),
        json!({"AWS": "arn:aws:iam::111122223333:role/x/ada"}),
        json!({"AWS": "arn:aws:sts::111122223333:assumed-role/ada/one"}),
        json!({"AWS": ["111122223333", "arn:aws:iam::111122223333:user/ada"]}),
        json!({"AWS": ["111122223333", "arn:aws:iam::111122223333:role/ada",
            "arn:aws:sts::111122223333:assumed-role/ada/one"]}),
        json!({"AWS": "AROAABCDEFGHIJKLMNOP"}),
        json!({"AWS": "arn:aws:iam::111122223333:role/*"}),
        json!({"AWS": "*"}),
        json!("*"),
        json!({"Service": "lambda.amazonaws.com"}),
        json!({"Federated": "accounts.google.com"}),
        json!({"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}),
    ];
    names.iter().flat_map(|name| [json!({"Principal": name}), json!({"NotPrincipal": name})]).collect()
}

/// Conditions on what follows from the caller.
fn conditions() -> Vec<Value> {
    let keys = [
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:username",
        "aws:userid",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
    ];
    let operators = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotLikeIfExists",
        "ArnLike",
        "ArnNotEquals",
        "NumericEquals",
        "DateLessThan",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "Null",
        "ForAllValues:StringLike",
        "ForAnyValue:StringEqualsIfExists",
    ];
    let values = [
        "111122223333",
        "1111*",
        "ada",
        "ADA",
        "?da",
        "arn:aws:iam::111122223333:user/ada",
        "arn:aws:iam::*:role/ada",
        "arn:aws:iam::${aws:PrincipalAccount}:role/ada",
        "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
        "${aws:username, 'ada'}",
        "${aws:PrincipalAccount}",
        "*:user/*",
        "arn:*:ada",
        "true",
        "AssumedRole",
        "*:one",
        "lambda.amazonaws.com",
        "${aws:PrincipalTag/team}",
    ];
    let mut all = Vec::new();
    for key in keys {
        for operator in operators {
            for value in values {
                all.push(json!({operator: {key: value}}));
            }
        }
    }
    all
}

/// The caller, its strings and its unique id, as a context states it.
struct Concrete {
    principal: Principal,
    strings: Vec<(Variable, String)>,
    context: Context,
}

fn concrete(text: &str) -> Concrete {
    let mut principal: Principal = text.parse().unwrap();
    if let Principal::RoleSession { path, .. } = &mut principal {
        *path = Some("/".parse().unwrap());
    }
    let mut context = Context::new();
    let mut strings = Vec::new();
    if let Some(Lookup::One(arn)) = principal.derive("aws:principalarn") {
        strings.push((Variable::Arn, arn.into_owned()));
    }
    let user_id = match &principal {
        Principal::User { .. } => Some("AIDAABCDEFGHIJKLMNOP".to_owned()),
        Principal::RoleSession { session, .. } => Some(format!("AROAABCDEFGHIJKLMNOP:{session}")),
        _ => {
            strings.push((Variable::Name, text.to_owned()));
            None
        }
    };
    if let Some(user_id) = user_id {
        context.set("aws:userid", user_id.clone());
        strings.push((Variable::UserId, user_id));
    }
    Concrete { principal, strings, context }
}

impl Concrete {
    fn string(&self, wanted: Variable) -> &str {
        self.strings.iter().find(|(variable, _)| *variable == wanted).map_or("", |(_, text)| text)
    }

    /// The form among all callers' that this one has.
    fn form(&self) -> Caller {
        let forms = Caller::forms(Call::AssumeRole, &["aws".parse().unwrap()]);
        let mut of_kind = forms.into_iter().filter(|form| form.kind == self.principal.kind());
        let is_of = |form: &Caller| {
            let strings = form.strings();
            self.strings.iter().all(|(variable, text)| strings.get(*variable).contains(text))
        };
        of_kind.find(is_of).expect("every caller has a form")
    }

    fn covered(&self, variable: Variable, cover: &Cover) -> Truth {
        cover.truth(self.string(variable))
    }

    /// Whether a reading of the names means the caller.
    fn named(&self, names: &Union, sureness: Sureness) -> bool {
        let sureness = if names.negated { sureness.opposite() } else { sureness };
        let listed = names.bound(sureness).any(|alternative| {
            alternative.on.iter().all(|(variable, pattern)| pattern.matches(self.string(*variable)))
        });
        listed != names.negated
    }

    fn holds(&self, rule: &Rule<'_>, sureness: Sureness) -> bool {
        sureness.holds(rule.settled)
            && self.named(&rule.names, sureness)
            && rule.on_caller.iter().all(|(variable, cover)| sureness.holds(self.covered(*variable, cover)))
    }
}

fn statement(effect: &str, element: &Value, condition: &Value) -> Document {
    let mut statement = json!({"Effect": effect, "Action": "sts:*", "Condition": condition});
    for (key, value) in element.as_object().unwrap() {
        statement[key] = value.clone();
    }
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statement})).unwrap()
}

/// Puts one statement beside the evaluator for every caller. Gives how often the two readings were the same.
fn compare(document: &Document, callers: &[(Concrete, Caller, Caller)]) -> (usize, usize) {
    let statement = &document.statements()[0];
    let (mut exact, mut all) = (0, 0);
    for (concrete, form, alone) in callers {
        let request = Request {
            principal: concrete.principal.clone(),
            action: form.role_call().to_owned(),
            resource: "arn:aws:iam::111122223333:role/x".to_owned(),
            resource_account: None,
            context: concrete.context.clone(),
        };
        let evaluated = match statement.effect {
            Effect::Allow => evaluate_trust(&request, document).allows,
            // A Deny is seen through an Allow beside it.
            Effect::Deny => {
                let allow = json!({"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "*"}, document.as_value()["Statement"]]});
                !evaluate_trust(&request, &Document::from_value(&allow).unwrap()).allows
            }
        };
        for caller in [form, alone] {
            let rule = Rule::new(statement, place(0), caller, &|_| false);
            let certain = concrete.holds(&rule, Sureness::Certain);
            let possible = concrete.holds(&rule, Sureness::Possible);
            // An Allow takes the guide by its word where a variable has no value, and the prover does not rely on it.
            let told = document.as_value();
            assert!(
                !certain || evaluated == Truth::True,
                "{told} for `{}`: certain, and {evaluated:?}",
                request.principal
            );
            assert!(
                possible || evaluated == Truth::False,
                "{told} for `{}`: impossible, and {evaluated:?}",
                request.principal
            );
            exact += usize::from(certain == possible);
            all += 1;
        }
    }
    (exact, all)
}

#[test]
fn names_and_conditions_on_the_caller_mean_what_the_evaluator_says() {
    let callers: Vec<(Concrete, Caller, Caller)> = CALLERS
        .iter()
        .map(|text| {
            let concrete = concrete(text);
            let form = concrete.form();
            let alone = Caller::only(&concrete.principal, None);
            (concrete, form, alone)
        })
        .collect();
    let (mut exact, mut all) = (0, 0);
    let mut count = |document: &Document| {
        let (same, of) = compare(document, &callers);
        exact += same;
        all += of;
    };
    for effect in ["Allow", "Deny"] {
        for element in elements() {
            count(&statement(effect, &element, &json!({})));
        }
        for condition in conditions() {
            count(&statement(effect, &json!({"Principal": "*"}), &condition));
        }
    }
    assert!(all > 50_000 && exact * 3 > all, "{exact} of {all} are exact");
}

#[test]
fn actions_and_resources_mean_what_the_evaluator_says() {
    let caller = Caller::session_of(&"arn:aws:iam::111122223333:role/r".parse().unwrap());
    let principal: Principal = "arn:aws:sts::111122223333:assumed-role/r/session".parse().unwrap();
    let actions = ["s:a", "S:A", "s:*", "s:?", "s:a?", "s*", "*", "*:a", "s:*a", "?:a", "**", "s:a*b"];
    let asked = ["s:a", "s:b", "s:ab", "s:aab", "t:a"];
    // Every resource pattern of up to four of these pieces.
    let pieces =
        ["arn:aws:s:", "*", "?", "r:1:x", ":", "r", "::x", "${aws:PrincipalAccount}", "${aws:username}"];
    let mut resources: Vec<String> = vec![String::new()];
    for _ in 0..4 {
        let longer: Vec<String> = resources
            .iter()
            .flat_map(|before| pieces.iter().map(move |piece| format!("{before}{piece}")))
            .collect();
        resources.extend(longer);
        resources.sort();
        resources.dedup();
    }
    let texts = [
        "arn:aws:s:r:1:x",
        "arn:aws:s::1:x",
        "arn:aws:s:r:1:x:y",
        "arn:aws:s::111122223333:x",
        "*",
        "arn:aws:s:r::x",
    ];
    let mut compared = 0_usize;
    let mut check = |statement: Value, action: &str, resource: &str| {
        let document =
            Document::from_value(&json!({"Version": "2012-10-17", "Statement": statement})).unwrap();
        let allow = Document::from_value(&json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "*", "Resource": "*"}}))
        .unwrap();
        let rule = Rule::compile(&document, crate::evaluate::Layer::Identity, 0, &caller).next().unwrap();
        let delegation = Document::from_value(&json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}}))
        .unwrap();
        let request = Request {
            principal: principal.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: Some("111122223333".parse().unwrap()),
            context: Context::new(),
        };
        let denies = rule.statement.effect == Effect::Deny;
        let identity = if denies { vec![&allow, &document] } else { vec![&document] };
        let layers = Layers { identity, resource: Some(&delegation), ..Layers::default() };
        let allows = evaluate(&request, &layers).allows;
        let evaluated = if denies { !allows } else { allows };
        let read = rule.actions.truth(&action.to_ascii_lowercase()).and(rule.resources.truth(resource));
        let doubtful_more = read == Truth::Unknown && evaluated != Truth::Unknown;
        // The prover may doubt more (a text that is no ARN); it never knows more.
        assert!(
            read == evaluated || doubtful_more,
            "{statement} on `{action}` `{resource}`: {read:?}, {evaluated:?}"
        );
        compared += 1;
    };
    for effect in ["Allow", "Deny"] {
        for pattern in actions {
            for action in asked {
                check(json!({"Effect": effect, "Action": pattern, "Resource": "*"}), action, "*");
                check(json!({"Effect": effect, "NotAction": pattern, "Resource": "*"}), action, "*");
            }
        }
        for pattern in &resources {
            for resource in texts {
                check(json!({"Effect": effect, "Action": "*", "Resource": pattern}), "s:a", resource);
                check(json!({"Effect": effect, "Action": "*", "NotResource": pattern}), "s:a", resource);
            }
        }
    }
    assert!(compared > 100_000, "{compared}");
}

/// Whatever a decision reads of a caller is described in the table of keys, for every kind of caller.
#[test]
fn the_evaluator_and_the_prover_derive_the_same_keys() {
    let keys = [
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:userid",
        "aws:username",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:principalorgid",
        "aws:principaltag/team",
        "aws:multifactorauthpresent",
        "aws:tokenissuetime",
        "aws:sourcearn",
        "sts:externalid",
        "custom:key",
    ];
    let further =
        ["arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:federated-user/ada"].map(concrete_only);
    let callers = CALLERS.map(concrete_only).into_iter().chain(further).chain([Principal::Anonymous]);
    for principal in callers {
        let caller = Caller::only(&principal, None);
        for key in keys {
            let agrees = match (principal.derive(key), caller.derived(key)) {
                (Some(Lookup::One(value)), Derived::Constant(constant)) => value == constant,
                (Some(Lookup::Absent), Derived::Never)
                | (Some(Lookup::NotOf(_)), Derived::NotOf(_))
                | (Some(Lookup::Undocumented), Derived::Undocumented)
                | (Some(Lookup::Unknown) | None, Derived::Independent)
                | (Some(Lookup::Unknown), Derived::Part(Variable::UserId, _)) => true,
                _ => false,
            };
            assert!(agrees, "{key} of `{principal}`");
        }
    }
    // Forms of callers know what follows from their kind, and parts where the caller is open.
    for form in Caller::forms(Call::Invoke, &["aws".parse().unwrap()]) {
        for key in keys {
            let is_part = matches!(form.derived(key), Derived::Part(..));
            let account = form.kind.has_account();
            let expected = match key {
                "aws:principalarn" | "aws:principalaccount" | "aws:userid" => account,
                "aws:username" => form.kind == CallerKind::User,
                "aws:principalservicename" => form.kind == CallerKind::Service,
                _ => false,
            };
            assert_eq!(is_part, expected, "{key} of {:?}", form.kind);
        }
    }
}

fn concrete_only(text: &str) -> Principal {
    concrete(text).principal
}

/// What one key asks of another stays open while one is looked at by itself.
#[test]
fn a_key_by_itself_knows_nothing_of_the_others() {
    let caller = Caller::only(&concrete_only(CALLERS[0]), None);
    let key = ContextKey::new("aws:RequestTag/team");
    let value = "x".into();
    let one = super::variable::OneKey { caller: &caller, key: &key, value: &value };
    assert_eq!(one.lookup(&ContextKey::new("aws:PrincipalTag/team")), Lookup::Undocumented);
    assert_eq!(one.lookup(&ContextKey::new("aws:username")), Lookup::One("ada".into()));
}
