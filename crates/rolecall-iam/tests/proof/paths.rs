//! What an ARN with a path, one without, and the ARN of a session stand for: in the statement of who is trusted, in a
//! `Principal` element, in `aws:PrincipalArn` and in `aws:userid`.
//!
//! The model here is written out by hand: a role's ARN is that of one path, a session's ARN is that of every path.

use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::prove::{Claim, Proof, RoleIntent, prove_trust};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::random::Dice;
use super::support::{EXTERNAL_ID, ROLE, document, told, trust_of, trust_results};

const ACCOUNT: &str = "222233334444";
const PATHS: [&str; 3] = ["/", "/p/", "/p/q/"];
const NAMES: [&str; 2] = ["x", "y"];
const SESSIONS: [&str; 2] = ["s1", "s2"];

/// A session of a role, or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Caller {
    path: &'static str,
    name: &'static str,
    session: Option<&'static str>,
}

impl Caller {
    fn all() -> Vec<Self> {
        let sessions = [None, Some(SESSIONS[0]), Some(SESSIONS[1])];
        let names = PATHS.iter().flat_map(|path| NAMES.iter().map(move |name| (*path, *name)));
        names.flat_map(|(path, name)| sessions.map(|session| Self { path, name, session })).collect()
    }

    fn arn(self) -> String {
        let kind = if self.session.is_some() { "role" } else { "user" };
        format!("arn:aws:iam::{ACCOUNT}:{kind}{}{}", self.path, self.name)
    }

    /// Whether a text as it stands in a statement of who is trusted means this caller.
    fn is_meant(self, text: &str) -> bool {
        match (text.split_once("assumed-role/"), self.session) {
            (Some((_, named)), Some(session)) => named == format!("{}/{session}", self.name),
            (Some(_), None) => false,
            (None, _) => text == self.arn() || text.ends_with(":root"),
        }
    }

    fn request(self, id: Option<&str>) -> Request {
        let arn = self.arn();
        let printed = match self.session {
            Some(session) => format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}/{session}", self.name),
            None => arn.clone(),
        };
        let userid = match self.session {
            Some(session) => format!("AROAEXAMPLEEXAMPLE12{}:{session}", self.name.to_uppercase()),
            None => "AIDAEXAMPLEEXAMPLE123".to_owned(),
        };
        let mut request = Request {
            principal: printed.parse().unwrap(),
            action: "sts:AssumeRole".to_owned(),
            resource: ROLE.to_owned(),
            resource_account: None,
            context: rolecall_iam::context::Context::new(),
        };
        if let rolecall_iam::principal::Principal::RoleSession { path, .. } = &mut request.principal {
            *path = Some(self.path.parse().unwrap());
        }
        request.context.set("aws:userid", userid);
        if let Some(id) = id {
            request.context.set("sts:ExternalId", id);
        }
        request
    }
}

/// Some name of a role, user or session, with one of the paths.
fn name(dice: &mut Dice) -> String {
    let (path, name, session) = (*dice.pick(&PATHS), *dice.pick(&NAMES), *dice.pick(&SESSIONS));
    match dice.roll(7) {
        0 => format!("arn:aws:iam::{ACCOUNT}:user{path}{name}"),
        1 | 2 => format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"),
        _ => format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
    }
}

fn element(dice: &mut Dice) -> Value {
    match dice.roll(5) {
        0 => json!({"AWS": "*"}),
        1 => json!({"AWS": ACCOUNT}),
        2 => json!({"AWS": [name(dice), name(dice)]}),
        _ => json!({"AWS": name(dice)}),
    }
}

fn condition(dice: &mut Dice) -> Value {
    let mut condition = json!({});
    if dice.one_in(2) {
        let operators =
            ["ArnLike", "ArnEquals", "StringEquals", "StringLike", "ArnNotLike", "StringNotEquals"];
        let pattern = match dice.roll(4) {
            0 => format!("arn:aws:iam::{ACCOUNT}:role/*{}", dice.pick(&NAMES)),
            1 => format!("arn:aws:iam::{ACCOUNT}:role/p/*"),
            _ => format!("arn:aws:iam::{ACCOUNT}:role{}{}", dice.pick(&PATHS), dice.pick(&NAMES)),
        };
        condition[*dice.pick(&operators)] = json!({"aws:PrincipalArn": pattern});
    }
    if dice.one_in(4) {
        let operator = *dice.pick(&["StringLike", "StringNotLike"]);
        condition[operator]["aws:userid"] = json!(format!("*:{}", dice.pick(&SESSIONS)));
    }
    condition
}

fn statements(dice: &mut Dice) -> Vec<Value> {
    let mut statements = Vec::new();
    for _ in 0..=dice.roll(2) {
        let mut allow = json!({"Principal": element(dice), "Condition": condition(dice)});
        if dice.one_in(2) {
            allow["Condition"]["StringEquals"]["sts:ExternalId"] = json!(EXTERNAL_ID);
        }
        statements.push(allow);
    }
    if dice.one_in(2) {
        statements.push(json!({"Effect": "Deny", "Principal": element(dice), "Condition": condition(dice)}));
    }
    statements
}

#[test]
fn no_path_is_taken_for_another() {
    let (mut proved, mut refuted, mut unknown) = (0, 0, 0);
    let cases = super::cases(3_000);
    for number in 0..cases {
        let mut dice = Dice(u64::from(number) | 1 << 43);
        let trusted: Vec<String> = (0..=dice.roll(2)).map(|_| name(&mut dice)).collect();
        let policy = trust_of(&statements(&mut dice));
        let parsed = document(&policy);
        let intent = RoleIntent {
            role: Some(ROLE.parse().unwrap()),
            trusted: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            external_id: Some(EXTERNAL_ID.parse().unwrap()),
            ..RoleIntent::default()
        };
        let is_trusted = |caller: Caller| trusted.iter().any(|text| caller.is_meant(text));
        let allows = |caller: Caller, id: Option<&str>| evaluate_trust(&caller.request(id), &parsed).allows;
        for result in prove_trust(&parsed, &intent) {
            let told = || format!("{trusted:?}: {} of {policy}", result.claim);
            match &result.result {
                Proof::Unknown { .. } => unknown += 1,
                Proof::Proved => {
                    proved += 1;
                    for caller in Caller::all() {
                        let wrong = match &result.claim {
                            Claim::OnlyTrustedMayAssume => {
                                !is_trusted(caller) && allows(caller, Some(EXTERNAL_ID)) != Truth::False
                            }
                            Claim::OnlyWithExternalId(_) => {
                                is_trusted(caller) && allows(caller, None) != Truth::False
                            }
                            Claim::MayAssume(principal) => {
                                caller.is_meant(&principal.to_string())
                                    && allows(caller, Some(EXTERNAL_ID)) != Truth::True
                            }
                            _ => false,
                        };
                        assert!(!wrong, "{} is wrong for {caller:?}", told());
                    }
                }
                Proof::Refuted(witness) => {
                    refuted += 1;
                    if result.claim != Claim::OnlyTrustedMayAssume {
                        continue;
                    }
                    let shown = &witness.request;
                    let meant = trusted.iter().any(|text| {
                        let stated = shown.context.get(&"aws:PrincipalArn".into());
                        let stated = stated.map(|value| format!("{value:?}"));
                        let arn = format!("arn:aws:iam::{ACCOUNT}:role/");
                        let session = shown.principal.to_string();
                        let name = session.split('/').nth(1).unwrap_or_default().to_owned();
                        *text == session
                            || session.contains("assumed-role")
                                && stated.map_or(*text == format!("{arn}{name}"), |stated| {
                                    stated.contains(&format!("\"{text}\""))
                                })
                    });
                    assert!(!meant, "{}: a trusted witness, {}", told(), witness.sentence);
                }
            }
        }
    }
    let all = proved + refuted + unknown;
    assert!(proved * 5 > all && refuted * 5 > all && unknown * 4 < all, "{proved}, {refuted}, {unknown}");
}

#[test]
fn each_form_of_a_name_has_one_reading() {
    let role = |path: &str| format!("arn:aws:iam::{ACCOUNT}:role{path}x");
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/x/s1");
    let named = |arn: &str| json!({"Principal": {"AWS": arn}});
    let with_arn = |arn: &str| json!({"Principal": {"AWS": ACCOUNT}, "Condition": {"ArnEquals": {"aws:PrincipalArn": arn}}});
    let one_session = |arn: &str| {
        let mut statement = with_arn(arn);
        statement["Condition"]["StringLike"] = json!({"aws:userid": "*:s1"});
        statement
    };
    let table = [
        // Trusted, allowed, whether nobody but the trusted one gets in.
        (role("/"), named(&role("/")), "proved"),
        (role("/"), named(&role("/p/")), "refuted"),
        (role("/p/"), named(&role("/p/")), "proved"),
        (role("/p/"), named(&role("/")), "refuted"),
        (role("/"), with_arn(&role("/")), "proved"),
        (role("/"), with_arn(&role("/p/")), "refuted"),
        (role("/p/"), with_arn(&role("/*/")), "refuted"),
        (role("/"), one_session(&role("/p/")), "refuted"),
        // The session may be one of a role of that name at another path.
        (role("/"), named(&session), "unknown"),
        (role("/p/"), named(&session), "unknown"),
        (session.clone(), named(&session), "proved"),
        (session.clone(), one_session(&role("/")), "proved"),
        (session.clone(), one_session(&role("/p/")), "proved"),
        (session.clone(), named(&role("/")), "refuted"),
    ];
    for (trusted, allow, expected) in table {
        let intent = RoleIntent { trusted: vec![trusted.parse().unwrap()], ..RoleIntent::default() };
        let results = trust_results(&trust_of(std::slice::from_ref(&allow)), &intent);
        assert_eq!(results[0].result.as_str(), expected, "{trusted}: {allow}: {:?}", told(&results));
    }
    // Beside a stranger, what is not known of the session hides nothing.
    let intent = RoleIntent { trusted: vec![role("/").parse().unwrap()], ..RoleIntent::default() };
    let both = json!({"Principal": {"AWS": [session, "333344445555"]}});
    assert_eq!(trust_results(&trust_of(&[both]), &intent)[0].result.as_str(), "refuted");
    let elsewhere = trust_results(&trust_of(&[named(&role("/p/"))]), &intent);
    insta::assert_snapshot!(told(&elsewhere)[0], @"refuted: `arn:aws:sts::222233334444:assumed-role/x/session` can assume the role without an external ID when `aws:PrincipalArn` is `arn:aws:iam::222233334444:role/p/x`, because statement 1 allows it and asks for no external ID; this session's role is `arn:aws:iam::222233334444:role/p/x`, not the trusted `arn:aws:iam::222233334444:role/x`: the paths differ");
}
