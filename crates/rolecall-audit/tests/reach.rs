//! How far roles get: one account a test, what is shown of its roles.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::needless_pass_by_value)]

mod iam_vulnerable;
mod not_less;
mod not_more;
mod powers;
mod properties;
mod shared;
mod sharing;

use jiff::Timestamp;
use rolecall_audit::reach::{Assumption, Extent, LeadsTo, Reach, Reaches, Step};
use rolecall_audit::snapshot::Snapshot;
use rolecall_iam::context::ContextValue;
use rolecall_iam::evaluate::Request;
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: Value, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: Value, resource: Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn when(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

/// Trust in another account: of no concern inside.
fn vendor() -> Value {
    trust(json!({"AWS": "999999999999"}))
}

fn service(name: &str) -> Value {
    trust(json!({"Service": format!("{name}.amazonaws.com")}))
}

fn trust(principal: Value) -> Value {
    document(json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]))
}

/// An account as AWS tells it.
#[derive(Debug, Default)]
struct Account {
    roles: Vec<Value>,
    policies: Vec<Value>,
}

impl Account {
    fn new() -> Self {
        Self::default()
    }

    /// A role with one inline policy.
    fn role(self, name: &str, trust: Value, statements: Value) -> Self {
        self.detailed(
            name,
            trust,
            json!([{"PolicyName": "inline", "PolicyDocument": document(statements)}]),
            &[],
            None,
        )
    }

    /// A role with managed policies, by name.
    fn managed(self, name: &str, trust: Value, attached: &[&str]) -> Self {
        self.detailed(name, trust, json!([]), attached, None)
    }

    fn detailed(
        mut self,
        name: &str,
        trust: Value,
        inline: Value,
        attached: &[&str],
        boundary: Option<&str>,
    ) -> Self {
        let attached: Vec<Value> =
            attached.iter().map(|name| json!({"PolicyArn": policy_arn(name)})).collect();
        let mut role = json!({
            "Arn": arn(name), "AssumeRolePolicyDocument": trust, "RolePolicyList": inline,
            "AttachedManagedPolicies": attached,
        });
        if let Some(boundary) = boundary {
            role["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": policy_arn(boundary)});
        }
        self.roles.push(role);
        self
    }

    fn policy(mut self, name: &str, statements: Value) -> Self {
        self.policies.push(json!({
            "Arn": policy_arn(name),
            "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document(statements)}],
        }));
        self
    }

    /// A role that can do everything, which this service can run with.
    fn administrator_of(self, service_name: &str) -> Self {
        let name = format!("admin-{service_name}");
        self.role(&name, service(service_name), json!([allow(json!("*"), json!("*"))]))
    }

    fn snapshot(&self) -> Snapshot {
        let page = json!({"RoleDetailList": self.roles, "Policies": self.policies});
        let snapshot = Snapshot::read(&page.to_string()).unwrap();
        assert!(snapshot.unreadable.is_empty(), "{:?}", snapshot.unreadable);
        snapshot
    }

    fn reach(&self, name: &str) -> Reach {
        let snapshot = self.snapshot();
        let place = snapshot.roles.iter().position(|role| role.arn.name.as_str() == name).unwrap();
        Reaches::of(&snapshot, now()).at(place).unwrap()
    }

    fn told(&self, name: &str) -> String {
        told(&self.reach(name))
    }
}

fn short(text: &str) -> String {
    text.replace(&format!("arn:aws:iam::{ACCOUNT}:"), "")
        .replace(&format!(":us-east-1:{ACCOUNT}:"), "::")
        .replace("arn:aws:", "")
}

fn told_request(request: &Request) -> String {
    let context = request.context.iter().filter_map(|(key, value)| match value {
        ContextValue::Absent => None,
        ContextValue::One(value) => Some(format!(" {key}={value}")),
        ContextValue::Many(values) => Some(format!(" {key}={values:?}")),
    });
    format!("{} {}{}", request.action, short(&request.resource), context.collect::<String>())
}

fn told_assumptions(assumes: &[Assumption]) -> String {
    let told = |assumption: &Assumption| match assumption {
        Assumption::If { key, value } => format!("if {key}={value}"),
        Assumption::Unless { key, value } => format!("unless {key}={value}"),
        Assumption::Exists(what) => format!("if there is {what}"),
        Assumption::Unread(name) => format!("if {} does not deny it", short(name)),
        Assumption::OtherAccount => "if the other account lets it in".to_owned(),
        Assumption::Undecided(reason) => format!("undecided: {}", short(reason)),
    };
    assumes.iter().map(|assumption| format!(" [{}]", told(assumption))).collect()
}

fn told_step(step: &Step) -> String {
    let to = match &step.leads_to {
        LeadsTo::Itself => "itself".to_owned(),
        LeadsTo::Role(role) => short(&role.to_string()),
        LeadsTo::Widened(role) => format!("{} with everything", short(&role.to_string())),
        LeadsTo::NewAdministrator => "a new administrator".to_owned(),
        LeadsTo::Elsewhere(text) => format!("elsewhere {text}"),
        LeadsTo::SomebodyUnlisted => "somebody".to_owned(),
    };
    let others = if step.others > 0 { format!(" and {} more", step.others) } else { String::new() };
    let requests: Vec<String> = step.requests.iter().map(told_request).collect();
    format!(
        "{} -> {to}{others} ({:?}): {}{}",
        step.entry.name,
        step.gains,
        requests.join(", "),
        told_assumptions(&step.assumes)
    )
}

/// Everything of a reach, a line for each part.
fn told(reach: &Reach) -> String {
    let mut lines = vec![match reach.possible > reach.certain {
        true => format!("{:?}, perhaps {:?}", reach.certain, reach.possible),
        false => format!("{:?}", reach.certain),
    }];
    lines.extend(reach.cut_by_boundary.map(|power| format!("without boundary: {power:?}")));
    if reach.administers.is_empty() {
        lines.extend(reach.way.iter().map(|step| format!("way: {}", told_step(step))));
        lines.extend(reach.possible_way.iter().map(|step| format!("perhaps: {}", told_step(step))));
    }
    let on_the_way = reach.way.iter().chain(&reach.possible_way).map(|step| step.entry.name);
    let on_the_way: Vec<&str> = on_the_way.collect();
    let others = reach.steps.iter().filter(|step| !on_the_way.contains(&step.entry.name));
    lines.extend(others.map(|step| format!("step: {}", told_step(step))));
    for access in &reach.data {
        let extent = match &access.extent {
            Extent::All => "all".to_owned(),
            Extent::Named { allowed, denied } if denied.is_empty() => short(&allowed.join(", ")),
            Extent::Named { allowed, denied } => {
                format!("{} but {}", short(&allowed.join(", ")), short(&denied.join(", ")))
            }
        };
        lines.push(format!(
            "data: {} on {extent}{}",
            told_request(&access.request),
            told_assumptions(&access.assumes)
        ));
    }
    lines.extend(reach.doubts.iter().map(|doubt| format!("doubt: {}", short(doubt))));
    lines.join("\n")
}
