//! Manifests at random, the same ones in every run: what can change between two applies of one role.

/// Choices that are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

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

/// A manifest, and what stands beside it.
#[derive(Clone, Debug)]
pub(crate) struct RandomManifest {
    pub(crate) text: String,
    #[allow(dead_code, reason = "the pure core alone resolves them")]
    pub(crate) targets: Vec<Function>,
    /// Templates of the user's own, by file name.
    pub(crate) templates: Vec<(&'static str, String)>,
    /// Whether it asks for the boundary that rolecall makes.
    pub(crate) has_boundary: bool,
    pub(crate) path: &'static str,
}

/// A function that a target names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) region: &'static str,
    pub(crate) name: &'static str,
    pub(crate) qualifier: Option<&'static str>,
}

pub(crate) const ALIAS: &str = "live";
pub(crate) const FUNCTIONS: [(&str, &str); 7] = [
    ("us-east-1", "my-genesys-trigger-function"),
    ("us-east-1", "orders"),
    ("us-east-1", "stock"),
    ("us-east-1", "customers"),
    ("us-east-1", "invoices"),
    ("us-east-1", "callbacks"),
    ("eu-west-1", "orders"),
];
pub(crate) const IDS: [&str; 3] = [
    "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94",
    "00000000-8a4d-4c3b-9e7f-2d1a6b8c0e94",
    "11111111-8a4d-4c3b-9e7f-2d1a6b8c0e94",
];
const GRANTS: [&str; 3] = [
    "kind = \"polly\"\n",
    "kind = \"s3-recordings\"\nbucket = \"acme-recordings\"\nprefix = \"genesys/\"\n",
    "kind = \"lex-v2\"\nbot_alias = \"arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST\"\n",
];

impl Function {
    #[allow(dead_code, reason = "the pure core resolves no functions")]
    pub(crate) fn arn(self) -> String {
        let Self { region, name, qualifier } = self;
        let qualifier = qualifier.map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
        format!("arn:aws:lambda:{region}:123456789012:function:{name}{qualifier}")
    }
}

pub(crate) fn manifest(role: &str, dice: &mut Dice) -> RandomManifest {
    let id = *dice.pick(&IDS);
    let region = *dice.pick(&["us-east-1", "eu-central-1"]);
    let mut text = format!("version = 1\n\n[genesys]\nregion = \"{region}\"\norganization_id = \"{id}\"\n");
    for further in IDS.iter().filter(|further| **further != id) {
        if dice.one_in(4) {
            let until = if dice.one_in(2) { "until = \"2031-01-01T00:00:00Z\"\n" } else { "" };
            text += &format!("\n[[genesys.organization]]\nid = \"{further}\"\n{until}");
        }
    }
    let path = if dice.one_in(14) { "/genesys/" } else { "/" };
    let has_boundary = dice.one_in(3);
    text += &format!("\n[role]\nname = \"{role}\"\npath = \"{path}\"\n");
    if has_boundary {
        text += "permissions_boundary = \"targets\"\n";
    }
    if dice.one_in(3) {
        text += &format!("description = \"Number {}\"\n", dice.roll(3));
    }
    if dice.one_in(3) {
        text += &format!("max_session_duration = {}\n", dice.pick(&[3600, 7200, 43200]));
    }
    if dice.one_in(3) {
        text += &format!("tags = {{ team = \"{}\" }}\n", dice.pick(&["a", "b"]));
    }
    let mut targets: Vec<Function> = Vec::new();
    for (region, name) in FUNCTIONS {
        if dice.one_in(3) {
            let qualifier = dice.one_in(4).then_some(ALIAS);
            targets.push(Function { region, name, qualifier });
        }
    }
    if targets.is_empty() {
        let (region, name) = *dice.pick(&FUNCTIONS);
        targets.push(Function { region, name, qualifier: None });
    }
    for Function { region, name, qualifier } in &targets {
        text += &format!("\n[[target]]\nfunction = \"{name}\"\nregion = \"{region}\"\n");
        text += &qualifier.map(|qualifier| format!("qualifier = \"{qualifier}\"\n")).unwrap_or_default();
    }
    for grant in GRANTS {
        if dice.one_in(5) {
            text += &format!("\n[[grant]]\n{grant}");
        }
    }
    if dice.one_in(2) {
        text += "\n[verify]\nprobe_principal = \"arn:aws:iam::123456789012:role/ci\"\n";
    }
    let mut templates = Vec::new();
    if dice.one_in(4) {
        templates.push(("trust.json", own_trust()));
    }
    if dice.one_in(4) {
        templates.push(("invoke.json", long_invoke()));
    }
    RandomManifest { text, targets, templates, has_boundary, path }
}

fn own_trust() -> String {
    r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "NoStranger", "Effect": "Deny", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"},
        {"Sid": "Trusted", "Effect": "Allow", "Principal": {"AWS": "{{trusted_principals}}"}, "Action": "sts:AssumeRole",
         "Condition": {"StringEquals": {"sts:ExternalId": "{{external_id}}"}}}]}"#
        .to_owned()
}

/// So long that two or three targets fill a policy.
fn long_invoke() -> String {
    let buckets: Vec<String> = (0..110)
        .map(|number| format!(r#""arn:aws:s3:::closed-to-every-role-of-ours-{number:03}""#))
        .collect();
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [
        {{"Sid": "Targets", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "{{{{targets}}}}"}},
        {{"Sid": "Closed", "Effect": "Deny", "Action": "s3:*", "Resource": [{}]}}]}}"#,
        buckets.join(",")
    )
}
