//! Documents that aim: they deny the prover's examples, allow what only an unusual caller has, and combine the two with
//! quantifiers, `IfExists`, `Null`, variables and operators of the wrong type.

mod permissions;

use std::collections::BTreeMap;

use rolecall_iam::prove::RoleIntent;
use serde_json::{Value, json};

use crate::iam::support::OPERATORS;

use super::super::random::Dice;
use super::super::support::{EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED, ROLE};
use super::knowledge::{
    ACCOUNTS, CALLER_KEYS, Constants, NAMES, PATHS, PROVIDERS, REQUEST_KEYS, SERVICES, VARIABLES, flipped,
};

pub(super) struct Maker<'c> {
    pub(super) dice: Dice,
    pub(super) constants: &'c Constants,
    /// Accounts and names of the document so far: statements must meet to exclude one another.
    accounts: Vec<String>,
    names: Vec<String>,
    /// The paths of the roles and users that are named as principals: names are unique in an account.
    paths: BTreeMap<String, String>,
}

/// An intent as a document of its own, for other programs that read the adversarial documents.
pub(super) fn intent_value(intent: &RoleIntent) -> Value {
    let RoleIntent { role, trusted, external_id, targets, allowance: _, further_ids: _ } = intent;
    json!({
        "role": role.as_ref().map(ToString::to_string),
        "trusted": trusted.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "external_id": external_id.as_ref().map(ToString::to_string),
        "targets": targets.iter().flatten().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

const TRUSTED_ROLE: &str = "arn:aws:iam::765628985471:role/svc/genesys-service";
const TRUSTED_SESSION: &str = "arn:aws:sts::765628985471:assumed-role/genesys-batch/nightly";
const TRUSTED_USER: &str = "arn:aws:iam::765628985471:user/people/ada";

impl<'c> Maker<'c> {
    pub(super) fn new(seed: u64, constants: &'c Constants) -> Self {
        let paths = [("765628985471:user/ada", "/people/"), ("765628985471:role/genesys-service", "/svc/")];
        let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        Self { dice: Dice(seed), constants, accounts: Vec::new(), names: Vec::new(), paths }
    }

    fn pick(&mut self, from: &[&str]) -> String {
        (*self.dice.pick(from)).to_owned()
    }

    /// One of the prover's own constants, or else one of `other`.
    fn own_or(&mut self, own: &[String], other: &[&str]) -> String {
        if !own.is_empty() && self.dice.one_in(2) { self.dice.pick(own).clone() } else { self.pick(other) }
    }

    fn account(&mut self) -> String {
        if !self.accounts.is_empty() && self.dice.one_in(2) {
            return self.dice.pick(&self.accounts).clone();
        }
        let account = self.own_or(&self.constants.accounts, &ACCOUNTS);
        self.accounts.push(account.clone());
        account
    }

    fn name(&mut self) -> String {
        if !self.names.is_empty() && self.dice.one_in(2) {
            return self.dice.pick(&self.names).clone();
        }
        let name = self.own_or(&self.constants.names, &NAMES);
        self.names.push(name.clone());
        name
    }

    /// A role or user that exists beside the others that the document names.
    fn principal_arn(&mut self, account: &str, kind: &str, path: &str, name: &str) -> String {
        let unique = format!("{account}:{kind}/{}", name.to_ascii_lowercase());
        let path = self.paths.entry(unique).or_insert_with(|| path.to_owned());
        format!("arn:aws:iam::{account}:{kind}{path}{name}")
    }

    fn entity(&mut self) -> String {
        if !self.constants.arns.is_empty() && self.dice.one_in(12) {
            return self.dice.pick(&self.constants.arns).clone();
        }
        let (account, name) = (self.account(), self.name());
        let path = self.pick(&PATHS);
        match self.dice.roll(8) {
            0..=2 => self.principal_arn(&account, "role", &path, &name),
            3 | 4 => self.principal_arn(&account, "user", &path, &name),
            5 | 6 => {
                let session = self.name();
                format!("arn:aws:sts::{account}:assumed-role/{name}/{session}")
            }
            _ => format!("arn:aws:iam::{account}:root"),
        }
    }

    pub(super) fn intent(&mut self) -> RoleIntent {
        let trusted: &[&str] = match self.dice.roll(12) {
            0..=5 => &[GENESYS],
            6 => &[TRUSTED_ROLE],
            7 => &[TRUSTED_SESSION],
            8 => &[TRUSTED_USER, GENESYS],
            9 => &["lambda.amazonaws.com"],
            10 => &["arn:aws:iam::222233334444:root", TRUSTED_ROLE],
            _ => &[],
        };
        RoleIntent {
            role: (!self.dice.one_in(12)).then(|| ROLE.parse().unwrap()),
            trusted: trusted.iter().map(|text| text.parse().unwrap()).collect(),
            external_id: (!self.dice.one_in(6)).then(|| EXTERNAL_ID.parse().unwrap()),
            targets: Some(vec![FUNCTION.parse().unwrap(), QUALIFIED.parse().unwrap()]),
            allowance: None,
            further_ids: Vec::new(),
        }
    }

    fn variable(&mut self) -> String {
        self.pick(&VARIABLES)
    }

    fn arn_pattern(&mut self) -> String {
        let account = match self.dice.roll(6) {
            0 | 1 => self.account(),
            2 => "${aws:PrincipalAccount}".to_owned(),
            3 => "????????????".to_owned(),
            _ => "*".to_owned(),
        };
        let kind = self.pick(&["role", "role", "role", "user", "user", "*", "assumed-role"]);
        let path = match self.dice.roll(4) {
            0 => "/*".to_owned(),
            1 => self.pick(&["/${*}/", "/${?}/", "/${$}{x}/", "/a:*/", "/?:?/"]),
            _ => self.pick(&PATHS),
        };
        let name = match self.dice.roll(6) {
            0 => "*".to_owned(),
            1 => self.variable(),
            2 => format!("{}*", self.name()),
            3 => format!("*{}", self.name()),
            _ => self.name(),
        };
        match self.dice.roll(14) {
            0 => format!("*:{account}:{kind}{path}{name}"),
            1 => format!("arn:*:{kind}{path}{name}"),
            2 => format!("*{path}{name}"),
            3 => self.entity(),
            4 => format!("arn:aws:*::{account}:{kind}{path}{name}"),
            5 => format!("arn:aws:iam:{kind}{path}{name}"),
            _ => format!("arn:aws:iam::{account}:{kind}{path}{name}"),
        }
    }

    /// A value for a condition on a key, given its name in lower case.
    fn value(&mut self, key: &str, operator: &str) -> String {
        if operator.ends_with("Null") {
            return self.pick(&["true", "false", "true", "false", "true", "false", "no"]);
        }
        if self.dice.one_in(14) {
            return self.variable();
        }
        if !self.constants.words.is_empty() && self.dice.one_in(40) {
            return self.dice.pick(&self.constants.words).clone();
        }
        let by_operator: Option<&[&str]> = if operator.contains("Numeric") {
            Some(&["42", "7", "123456789012", "000000000007", "1", "300", "-1", "0.5", "1767225600", "x"])
        } else if operator.contains("Date") {
            Some(&[
                "2026-01-01",
                "2026-01-01T00:00:00Z",
                "1767225600",
                "2000-01-01",
                "123456789012",
                "2026",
                "x",
            ])
        } else if operator.contains("IpAddress") {
            Some(&["10.0.0.0/8", "10.0.0.1", "2001:db8::/32", "0.0.0.0/0", "x"])
        } else if operator.contains("Bool") {
            Some(&["true", "false", "true", "false", "True", "x"])
        } else if operator.contains("Binary") {
            Some(&["YWRh", "YQ==", "123456789012", "x"])
        } else {
            None
        };
        if let Some(values) = by_operator {
            return self.pick(values);
        }
        let wild = operator.contains("Like") || operator.contains("Arn");
        let plain = match key {
            "aws:principalarn" => return self.arn_pattern(),
            "aws:principalaccount" | "aws:sourceaccount" => match self.dice.roll(6) {
                0 => "1*".to_owned(),
                1 => "????????????".to_owned(),
                2 => "*7".to_owned(),
                _ => self.account(),
            },
            "aws:userid" => self.pick(&[
                "AROA*:admin",
                "*:session",
                "*:another-session",
                "AROAEXAMPLEEXAMPLE1234:*",
                "AIDACKCEVSQ6C2EXAMPLE",
                "AIDA*",
                "*:${aws:PrincipalAccount}",
                "???????????????*",
                "AROAEXAMPLEEXAMPLE1234:nightly",
            ]),
            "aws:principaltype" => {
                self.pick(&["User", "AssumedRole", "Account", "FederatedUser", "Anonymous", "*"])
            }
            "aws:principalisawsservice"
            | "aws:multifactorauthpresent"
            | "aws:viaawsservice"
            | "aws:securetransport" => self.pick(&["true", "false"]),
            "aws:principalservicename"
            | "aws:principalservicenameslist"
            | "aws:calledvia"
            | "aws:calledviafirst" => match self.dice.roll(4) {
                0 => "*.amazonaws.com".to_owned(),
                1 => "delivery.*.amazonaws.com".to_owned(),
                _ => self.own_or(&self.constants.services, &SERVICES),
            },
            "sts:externalid" => match self.dice.roll(7) {
                0 => flipped(EXTERNAL_ID),
                1 => "5f6b*".to_owned(),
                2 => self.pick(&["zz", "a:b/c", "an-old-tenant", "?*", "*"]),
                3 => "y".repeat(1224),
                _ => EXTERNAL_ID.to_owned(),
            },
            "aws:principalorgid" | "aws:sourceorgid" => {
                self.pick(&["o-customer001", "o-a*", "o-anotherorg1"])
            }
            "aws:principalorgpaths" | "aws:sourceorgpaths" => {
                self.pick(&["o-customer001/r-ab12/ou-ab12-11111111/*", "o-customer001/*", "*"])
            }
            "aws:tagkeys" | "sts:transitivetagkeys" => self.pick(&["team", "cost", "Team", "t*"]),
            "aws:currenttime" | "aws:epochtime" | "aws:tokenissuetime" => {
                self.pick(&["2026-01-01T00:00:00Z", "1767225600", "2026-*"])
            }
            "aws:sourcearn" => self.pick(&[
                "arn:aws:s3:::bucket",
                "arn:aws:lambda:us-east-1:111122223333:function:*",
                "arn:*:*:*:111122223333:*",
            ]),
            "aws:requestedregion" => self.pick(&["us-east-1", "eu-central-1", "eu-*"]),
            "aws:sourceip" | "aws:vpcsourceip" => self.pick(&["10.0.0.1", "10.*"]),
            _ => match self.dice.roll(6) {
                0 => "*".to_owned(),
                1 => "a*".to_owned(),
                2 => "other".to_owned(),
                _ => self.name(),
            },
        };
        match self.dice.roll(8) {
            0 if wild => format!("{plain}*"),
            1 => format!("{plain}{}", self.variable()),
            2 => format!("{}{plain}", self.variable()),
            _ => plain,
        }
    }

    fn operator(&mut self, key: &str) -> String {
        if self.dice.one_in(8) {
            return "Null".to_owned();
        }
        let usual: &[&str] = match key {
            "aws:principalarn" | "aws:sourcearn" => {
                &["ArnLike", "ArnLike", "StringLike", "StringEquals", "ArnNotLike", "StringNotLike"]
            }
            "aws:principalisawsservice"
            | "aws:multifactorauthpresent"
            | "aws:viaawsservice"
            | "aws:securetransport" => &["Bool"],
            "aws:multifactorauthage" => &["NumericLessThan", "NumericGreaterThan"],
            "aws:currenttime" | "aws:epochtime" | "aws:tokenissuetime" => {
                &["DateLessThan", "DateGreaterThan"]
            }
            "aws:sourceip" | "aws:vpcsourceip" => &["IpAddress", "NotIpAddress"],
            _ => &[
                "StringEquals",
                "StringEquals",
                "StringLike",
                "StringLike",
                "StringNotEquals",
                "StringNotLike",
                "StringEqualsIgnoreCase",
            ],
        };
        let mut name = if self.dice.one_in(4) { self.pick(&OPERATORS) } else { self.pick(usual) };
        if self.dice.one_in(7) {
            name.push_str("IfExists");
        }
        let multi =
            ["aws:tagkeys", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:calledvia"];
        let often = multi.contains(&key) || key.ends_with(":amr") || key.ends_with("orgpaths");
        if self.dice.one_in(if often { 2 } else { 9 }) {
            let prefix = self.pick(&["ForAnyValue:", "ForAllValues:"]);
            name = format!("{prefix}{name}");
        }
        name
    }

    fn condition(&mut self, block: &mut Value) {
        let mut key = if self.dice.one_in(2) { self.pick(&CALLER_KEYS) } else { self.pick(&REQUEST_KEYS) };
        if self.dice.one_in(20) {
            key = flipped(&key);
        }
        let folded = key.to_ascii_lowercase();
        let operator = self.operator(&folded);
        let count = if operator == "Null" { 1 } else { [1, 1, 1, 2, 3][self.dice.roll(5)] };
        let values: Vec<String> = (0..count).map(|_| self.value(&folded, &operator)).collect();
        block[operator][key] = json!(values);
    }

    /// The prover's examples of one kind, all of them.
    fn examples(&mut self) -> Value {
        let accounts = &self.constants.accounts;
        match self.dice.roll(6) {
            0 | 1 => json!({"AWS": accounts}),
            2 => json!({"Service": self.constants.services}),
            3 => {
                let account = self.account();
                let constants = self.constants;
                let mut arns = Vec::new();
                for name in &constants.names {
                    arns.extend(["role", "user"].map(|kind| self.principal_arn(&account, kind, "/", name)));
                }
                json!({"AWS": arns})
            }
            4 => {
                let (account, role) = (self.account(), self.name());
                let sessions: Vec<String> = self
                    .constants
                    .names
                    .iter()
                    .map(|name| format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"))
                    .collect();
                json!({"AWS": sessions})
            }
            _ => json!({"AWS": accounts, "Service": self.constants.services, "Federated": PROVIDERS}),
        }
    }

    fn principal(&mut self) -> Value {
        match self.dice.roll(30) {
            0..=12 => json!({"AWS": "*"}),
            13..=15 => json!({"AWS": self.account()}),
            16..=19 => json!({"AWS": self.entity()}),
            20 => json!({"AWS": [self.entity(), self.entity()]}),
            21 | 22 => json!({"Service": self.own_or(&self.constants.services, &SERVICES)}),
            23..=25 => json!({"Federated": self.pick(&PROVIDERS)}),
            26 => json!({"AWS": "AROAEXAMPLEEXAMPLE123"}),
            27 => json!({"AWS": GENESYS}),
            28 => json!("*"),
            _ => json!({"AWS": [self.account(), "*"]}),
        }
    }

    fn actions(&mut self, principal: &Value) -> Value {
        let call = if principal.to_string().contains("saml-provider") {
            "sts:AssumeRoleWithSAML"
        } else if principal.get("Federated").is_some() {
            "sts:AssumeRoleWithWebIdentity"
        } else {
            "sts:AssumeRole"
        };
        match self.dice.roll(10) {
            0 => json!("sts:*"),
            1 => json!("*"),
            2 => json!([flipped(call)]),
            3 | 4 => json!([call, "sts:TagSession", "sts:SetSourceIdentity"]),
            5 => json!(["sts:Assume*", "sts:TagSession"]),
            _ => json!(call),
        }
    }

    fn allow(&mut self) -> Value {
        let principal = self.principal();
        let mut block = json!({});
        if !self.dice.one_in(3) && principal.get("AWS").is_some() {
            block["StringEquals"]["sts:ExternalId"] = json!(EXTERNAL_ID);
        }
        if principal == json!({"AWS": "*"}) && !self.dice.one_in(3) {
            block["Bool"]["aws:PrincipalIsAWSService"] = json!("false");
        }
        for _ in 0..self.dice.roll(4) {
            self.condition(&mut block);
        }
        let mut statement =
            json!({"Effect": "Allow", "Action": self.actions(&principal), "Condition": block});
        if self.dice.one_in(12) {
            statement["NotPrincipal"] = self.examples();
            statement["Action"] = json!("sts:*");
        } else {
            statement["Principal"] = principal;
        }
        statement
    }

    fn deny(&mut self) -> Value {
        let mut statement = json!({"Effect": "Deny"});
        let mut block = json!({});
        match self.dice.roll(8) {
            0..=2 => {
                statement["Principal"] = self.examples();
            }
            3 => {
                statement["Principal"] = json!({"AWS": "*"});
                let accounts = &self.constants.accounts;
                block["StringEquals"]["aws:PrincipalAccount"] = json!(accounts);
            }
            4 => {
                statement["NotPrincipal"] = self.principal();
                self.condition(&mut block);
            }
            _ => {
                statement["Principal"] =
                    if self.dice.one_in(3) { self.principal() } else { json!({"AWS": "*"}) };
                for _ in 0..=self.dice.roll(2) {
                    self.condition(&mut block);
                }
            }
        }
        let actions = ["sts:*", "sts:AssumeRole", "*", "sts:TagSession", "sts:Assume*"];
        statement["Action"] = json!(self.pick(&actions));
        statement["Condition"] = block;
        statement
    }

    /// A trust policy beside a clean statement for the trusted principals.
    pub(super) fn trust(&mut self, intent: &RoleIntent) -> Value {
        let mut statements = Vec::new();
        if !self.dice.one_in(8) {
            let mut clean = json!({"Effect": "Allow", "Action": "sts:AssumeRole"});
            let (services, others): (Vec<String>, Vec<String>) = intent
                .trusted
                .iter()
                .map(ToString::to_string)
                .partition(|name| name.ends_with(".amazonaws.com"));
            if others.is_empty() && services.is_empty() {
                clean["Principal"]["AWS"] = json!(GENESYS);
            }
            if !others.is_empty() {
                clean["Principal"]["AWS"] = json!(others);
                clean["Condition"]["StringEquals"]["sts:ExternalId"] = json!(EXTERNAL_ID);
            }
            if !services.is_empty() {
                clean["Principal"]["Service"] = json!(services);
            }
            statements.push(clean);
        }
        for _ in 0..=self.dice.roll(2) {
            statements.push(self.allow());
        }
        for _ in 0..self.dice.roll(4) {
            statements.push(self.deny());
        }
        let version = if self.dice.one_in(15) { "2008-10-17" } else { "2012-10-17" };
        json!({"Version": version, "Statement": statements})
    }
}
