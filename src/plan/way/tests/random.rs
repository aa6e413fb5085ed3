//! Many ways at random, each state of which is asked about every caller and request of a small world.

use super::*;

/// Choices that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }
}

/// Who × what, decided by the evaluator alone.
pub(super) fn pairs(state: &State) -> Vec<(usize, usize)> {
    let Some(trust) = state.trust.as_ref().and_then(StoredDocument::document) else { return Vec::new() };
    let sessions = |(caller, id): &(&str, Option<&str>)| {
        let mut request = Request {
            principal: caller.parse().unwrap(),
            action: "sts:AssumeRole".to_owned(),
            resource: wanted().role_arn().to_string(),
            resource_account: None,
            context: crate::iam::context::Context::new(),
        };
        if let Some(id) = id {
            request.context.set("sts:ExternalId", *id);
        }
        evaluate_trust(&request, trust).allows != Truth::False
    };
    let powers = state.powers();
    let parsed = |held: &state::Held| held.document.as_ref().unwrap().document().unwrap().clone();
    let identity: Vec<Document> = powers.identity.iter().map(parsed).collect();
    let limits: Option<Document> = powers.boundary.as_ref().map(parsed);
    let may = |(action, resource): &(&str, &str)| {
        let request = Request {
            principal: "arn:aws:sts::123456789012:assumed-role/Role/session".parse().unwrap(),
            action: (*action).to_owned(),
            resource: (*resource).to_owned(),
            resource_account: None,
            context: crate::iam::context::Context::new(),
        };
        let layers = Layers {
            identity: identity.iter().collect(),
            boundary: limits.as_ref().map(|document| vec![document]),
            ..Layers::default()
        };
        evaluate(&request, &layers).allows != Truth::False
    };
    let who: Vec<usize> = (0..WHO.len()).filter(|index| sessions(&WHO[*index])).collect();
    let what: Vec<usize> = (0..WHAT.len()).filter(|index| may(&WHAT[*index])).collect();
    who.iter().flat_map(|who| what.iter().map(|what| (*who, *what))).collect()
}

const WHO: [(&str, Option<&str>); 6] = [
    ("arn:aws:sts::765628985471:assumed-role/genesys/run", Some(ID)),
    ("arn:aws:sts::765628985471:assumed-role/genesys/run", Some(OTHER_ID)),
    ("arn:aws:sts::765628985471:assumed-role/genesys/run", None),
    ("arn:aws:sts::999999999999:assumed-role/stranger/run", Some(ID)),
    ("arn:aws:sts::999999999999:assumed-role/stranger/run", None),
    ("arn:aws:sts::123456789012:assumed-role/ci/run", None),
];
const WHAT: [(&str, &str); 5] = [
    ("lambda:InvokeFunction", ORDERS),
    ("lambda:InvokeFunction", STOCK),
    ("lambda:GetFunction", ORDERS),
    ("s3:GetObject", "arn:aws:s3:::bucket/object"),
    ("iam:CreateUser", "arn:aws:iam::123456789012:user/mallory"),
];

fn random_trust(dice: &mut Dice) -> StoredDocument {
    let probe = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/ci"},"Action":"sts:AssumeRole"}"#;
    let open = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}"#;
    let denied = r#"{"Effect":"Deny","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}"#;
    let (own, other) = (trust_of(ID), trust_of(OTHER_ID));
    let known = [own.as_str(), other.as_str(), probe, open, denied, STRANGER];
    let statements: Vec<&str> = (0..=dice.roll(2)).map(|_| *dice.pick(&known)).collect();
    policy(&statements.join(","))
}

fn random_permissions(dice: &mut Dice) -> StoredDocument {
    let invoke = |function: &str| {
        format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{function}"}}"#)
    };
    let (orders, stock) = (invoke(ORDERS), invoke(STOCK));
    let no_stock = stock.replace("Allow", "Deny");
    let no_lambda = r#"{"Effect":"Deny","Action":"lambda:*","Resource":"*"}"#;
    let no_iam = r#"{"Effect":"Deny","NotAction":"lambda:*","Resource":"*"}"#;
    let known = [&*orders, &*orders, &*stock, EVERYTHING, SOMETHING, &*no_stock, no_lambda, no_iam];
    let statements: Vec<&str> = (0..=dice.roll(1)).map(|_| *dice.pick(&known)).collect();
    policy(&statements.join(","))
}

fn random_survey(dice: &mut Dice) -> Survey {
    let mut desired = wanted();
    if dice.one_in(2) {
        desired.role.trust = random_trust(dice);
    }
    let spare = desired.policies[0].clone();
    if dice.one_in(2) {
        desired.policies[0].1.document = random_permissions(dice);
    }
    if dice.one_in(3) {
        let arn = spare.0.to_string().replace("-invoke", "-invoke-2").parse().unwrap();
        let document = random_permissions(dice);
        desired.policies.push((arn, crate::ports::PolicySpecification { document, ..spare.1 }));
    }
    let mut observed = if dice.one_in(8) { nothing_there() } else { all_there() };
    let is_there = observed.role.is_some();
    if is_there {
        for _ in 0..dice.roll(3) {
            let number = observed.policies.len();
            let document = Some(random_permissions(dice));
            let arn = format!("arn:aws:iam::123456789012:policy/Foreign{number}");
            observed.policies.push(ObservedPolicy { document, ..foreign(&arn) });
        }
        if dice.one_in(3) {
            observed
                .inline
                .push(InlinePolicy { name: "inline".to_owned(), document: random_permissions(dice) });
        }
        if dice.one_in(2) {
            observed.policies[0].document = Some(random_permissions(dice));
        }
        observed.policies[0].attached = !dice.one_in(3);
        observed.policies[0].attachment_count = i32::from(observed.policies[0].attached);
        if dice.one_in(2) {
            observed.role.as_mut().unwrap().trust = random_trust(dice);
        }
        if dice.one_in(4) {
            let known = boundary("Known", "");
            observed.boundary =
                Some(ObservedBoundary { document: Some(random_permissions(dice)), ..known.clone() });
            observed.role.as_mut().unwrap().permissions_boundary = Some(known.arn);
        }
    }
    if is_there && dice.one_in(3) {
        let own = trust_of(if dice.one_in(3) { OTHER_ID } else { ID });
        let probe = STRANGER.replace("999999999999", "arn:aws:iam::123456789012:role/ci");
        desired.role.trust = policy(&format!("{},{probe}", trust_of(ID)));
        observed.role.as_mut().unwrap().trust = policy(&format!("{own},{STRANGER}"));
        if dice.one_in(2) {
            // Both sides of the role have something that the other one has not.
            let stock =
                format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{STOCK}"}}"#);
            observed.policies.truncate(1);
            observed.inline.clear();
            observed.policies[0].document = Some(policy(&stock));
            observed.policies[0].attached = true;
            observed.policies[0].attachment_count = 1;
            desired.policies = wanted().policies;
        }
    }
    let mut wanted_boundary = None;
    if dice.one_in(4) {
        let arn = boundary("Wanted", "").arn;
        desired.role.permissions_boundary = Some(arn.clone());
        wanted_boundary =
            Some(ObservedBoundary { arn, document: Some(random_permissions(dice)), tags: None });
    }
    Survey { boundary: wanted_boundary, ..survey(desired, observed) }
}

fn short(states: &[State]) -> String {
    let told = |state: &State| {
        let powers = state.powers();
        let all = powers.identity.iter().map(|held| format!("    {}", held.document.as_ref().unwrap()));
        let boundary =
            powers.boundary.iter().map(|held| format!("    boundary {}", held.document.as_ref().unwrap()));
        format!("{:?}\n{}", state.trust, all.chain(boundary).collect::<Vec<_>>().join("\n"))
    };
    states.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn nobody_gets_more_on_the_way_and_nobody_loses_what_stays() {
    let cases = 300;
    let (mut ways, mut closed, mut shared, mut several) = (0_u64, 0, 0, 0);
    for seed in 0..cases {
        let mut dice = Dice(seed);
        let survey = random_survey(&mut dice);
        let options = PlanOptions { adopt: true, remove_foreign: !dice.one_in(4) };
        let destroyed = dice.one_in(6);
        let Survey { desired, observed, boundary, .. } = &survey;
        let way = if destroyed {
            let plan = plan_destroy(&desired.role.name, observed, options).unwrap();
            Way::to_nothing(plan, &desired.role_arn(), observed)
        } else {
            way_of(&survey, options)
        };
        let mut states = vec![State::of(observed, boundary.as_ref())];
        for change in way.changes() {
            let mut next = states.last().unwrap().clone();
            next.make(change);
            states.push(next);
        }
        let allowed: Vec<Vec<(usize, usize)>> = states.iter().map(pairs).collect();
        let (before, after) = (allowed.first().unwrap(), allowed.last().unwrap());
        let steps = told(&way);
        let is_closed = steps.contains(&"Closed".to_owned());
        for between in &allowed {
            let wider: Vec<_> =
                between.iter().filter(|pair| !before.contains(pair) && !after.contains(pair)).collect();
            assert!(wider.is_empty(), "{seed}: {wider:?}\n{steps:?}\n{}", short(&states));
            let lost = before.iter().filter(|pair| after.contains(pair) && !between.contains(pair)).count();
            // Of what denies something, there can be no order that is safe and keeps everything.
            let denies = states.iter().any(|state| format!("{:?}", state.powers()).contains("Deny"));
            let keeps = lost == 0 || is_closed || denies;
            assert!(keeps, "{seed}: {lost} lost\n{steps:?}\n{}", short(&states));
        }
        ways += 1;
        closed += u64::from(is_closed);
        shared += u64::from(steps.contains(&"Shared".to_owned()));
        several += u64::from(steps.len() > 3);
    }
    assert!(
        several > cases / 10 && shared > 0 && closed > 0 && closed < ways / 4,
        "{several} {shared} {closed}"
    );
}
