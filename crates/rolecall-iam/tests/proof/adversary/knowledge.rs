//! What the adversary knows: the prover's own constants, out of its source text, and the facts of the IAM language.

use std::path::{Path, PathBuf};

use super::super::random::Dice;

/// What the prover uses as examples, read from its source at test time: a new constant is aimed at without a change here.
#[derive(Debug, Default)]
pub(super) struct Constants {
    pub(super) accounts: Vec<String>,
    pub(super) arns: Vec<String>,
    pub(super) services: Vec<String>,
    /// Texts that can be a name of a role, a user or a session.
    pub(super) names: Vec<String>,
    /// Condition keys.
    pub(super) keys: Vec<String>,
    /// Names of actions.
    pub(super) actions: Vec<String>,
    /// Everything else without spaces.
    pub(super) words: Vec<String>,
}

impl Constants {
    /// Reads every source file of the prover.
    pub(super) fn of_prover() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prove");
        let mut literals = Vec::new();
        for file in rust_files(&source) {
            literals.extend(string_literals(&std::fs::read_to_string(&file).unwrap()));
        }
        literals.sort();
        literals.dedup();
        let mut found = Self::default();
        for text in literals {
            found.add(text);
        }
        assert!(!found.keys.is_empty(), "no condition key stands in the prover's source");
        found
    }

    fn add(&mut self, text: String) {
        let is_name = |text: &str| {
            (2..=64).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
        };
        let has_colon_pair = text.split_once(':').is_some_and(|(service, name)| {
            ["aws", "sts", "iam", "saml", "lambda", "s3"].contains(&service) && !name.contains(['{', ' '])
        });
        if text.is_empty() || text.contains([' ', '{', '\n']) {
        } else if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.accounts.push(text);
        } else if text.starts_with("arn:") {
            self.accounts.extend(text.split(':').nth(4).filter(|part| part.len() == 12).map(str::to_owned));
            self.arns.push(text);
        } else if text.ends_with(".amazonaws.com") {
            self.services.push(text);
        } else if has_colon_pair
            && !text.starts_with("aws:")
            && text.contains(|letter: char| letter.is_ascii_uppercase())
        {
            self.actions.push(text);
        } else if has_colon_pair {
            self.keys.push(text);
        } else if is_name(&text) {
            self.names.push(text);
        } else {
            self.words.push(text);
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The texts between double quotes, outside comments. Escapes other than `\"` and `\\` stay as they are written.
fn string_literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in source.lines() {
        let mut rest = line;
        while let Some(start) = rest.find(['"', '/']) {
            if rest[start..].starts_with("//") {
                break;
            }
            let quoted = rest[start..].starts_with('"') && !rest[..start].ends_with('\'');
            rest = &rest[start + 1..];
            if !quoted {
                continue;
            }
            let mut text = String::new();
            let mut escaped = false;
            let mut end = None;
            for (index, character) in rest.char_indices() {
                match character {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => {
                        end = Some(index);
                        break;
                    }
                    other => {
                        text.push(other);
                        escaped = false;
                    }
                }
            }
            let Some(end) = end else { break };
            found.push(text);
            rest = &rest[end + 1..];
        }
    }
    found
}

/// Condition keys that follow from the caller.
pub(super) const CALLER_KEYS: [&str; 14] = [
    "aws:PrincipalArn",
    "aws:PrincipalArn",
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalAccount",
    "aws:username",
    "aws:username",
    "aws:userid",
    "aws:PrincipalType",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/team",
    "aws:PrincipalOrgID",
];

/// Condition keys of the request and of the caller's credentials.
pub(super) const REQUEST_KEYS: [&str; 38] = [
    "sts:ExternalId",
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TransitiveTagKeys",
    "aws:RequestTag/team",
    "aws:RequestTag/team",
    "aws:TagKeys",
    "aws:PrincipalOrgPaths",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:TokenIssueTime",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:ViaAWSService",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:SecureTransport",
    "aws:RequestedRegion",
    "aws:UserAgent",
    "aws:ResourceTag/team",
    "iam:ResourceTag/team",
    "saml:aud",
    "accounts.google.com:aud",
    "accounts.google.com:sub",
    "token.actions.githubusercontent.com:sub",
    "cognito-identity.amazonaws.com:amr",
];

pub(super) const VARIABLES: [&str; 12] = [
    "${aws:PrincipalAccount}",
    "${aws:PrincipalAccount}",
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:userid}",
    "${aws:PrincipalArn}",
    "${aws:username, 'nobody'}",
    "${aws:PrincipalAccount, '1'}",
    "${aws:PrincipalTag/team, 'core'}",
    "${AWS:PRINCIPALACCOUNT}",
    "${sts:RoleSessionName}",
    "${aws:PrincipalType}",
];

/// Names at the limits of what IAM allows.
pub(super) const NAMES: [&str; 12] = [
    "deployer",
    "Deployer",
    "42",
    "true",
    "10.0.0.1",
    "2026-01-01",
    "a+=,.@_-b",
    "x",
    "zz",
    "YWRh",
    "ada",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Paths at the limits of what IAM allows: every character from `!` to U+007E.
pub(super) const PATHS: [&str; 12] = [
    "/",
    "/",
    "/",
    "/ops/",
    "/a/b/",
    "/a:b/",
    "/*/",
    "/?/",
    "/\"/",
    "/\\/",
    "/:765628985471:role/",
    "/{x}~!/",
];

pub(super) const ACCOUNTS: [&str; 7] = [
    "222233334444",
    "123456789012",
    "000000000007",
    "765628985471",
    "111122223333",
    "210987654321",
    "555566667777",
];

pub(super) const SERVICES: [&str; 5] = [
    "cloudformation.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "zz-unheard-of.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "lambda.amazonaws.com",
];

pub(super) const PROVIDERS: [&str; 6] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    "arn:aws:iam::111122223333:oidc-provider/oidc.example.org",
    "arn:aws:iam::111122223333:saml-provider/idp",
    "arn:aws:iam::111122223333:saml-provider/another-idp",
];

/// A character of the other case, if the text has a letter.
pub(super) fn flipped(text: &str) -> String {
    let flip = |letter: char| {
        if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    text.chars().map(flip).collect()
}

/// A text close to another one.
pub(super) fn near_miss(dice: &mut Dice, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    match dice.roll(6) {
        0 => return flipped(text),
        1 => characters.push('x'),
        2 => {
            characters.pop();
        }
        3 => characters.insert(0, 'x'),
        4 => {
            if let Some(last) = characters.last_mut() {
                *last = if *last == '1' { '2' } else { '1' };
            }
        }
        _ => {
            if let Some(first) = characters.first_mut() {
                *first = if *first == '9' { '8' } else { '9' };
            }
        }
    }
    characters.into_iter().collect()
}
