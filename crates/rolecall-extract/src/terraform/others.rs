//! What the rest of a plan or state could do to the roles: every resource that is not read, and the plan itself.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::super::reach::{Breaks, Names, calls_iam, runs_programs, speaks_of_iam, texts};
use super::super::{Kind, cloudformation};
use super::references::{ATTACHMENT, ATTACHMENTS, INLINE, POLICY, ROLE, actions, items, member, text};
use super::table::{Reach, Row, row_of};
use super::{Attribute, File, is_unknown};

/// The parts of a plan and of a state that are read, or of which it is known that they change nothing.
const PARTS: [&str; 17] = [
    "applyable",
    "checks",
    "complete",
    "configuration",
    "deferred_changes",
    "errored",
    "format_version",
    "output_changes",
    "planned_values",
    "prior_state",
    "proposed_unknown",
    "relevant_attributes",
    "resource_changes",
    "resource_drift",
    "terraform_version",
    "timestamp",
    "variables",
];

/// The blocks in which the types of [`Reach::Mentioned`] name roles and policies (Terraform Registry, `hashicorp/aws`).
const BLOCKS: [&str; 9] = [
    "configuration_definition",
    "definition",
    "input_parameter",
    "parameter",
    "parameters",
    "setting",
    "targets",
    "task_invocation_parameters",
    "user_parameters",
];

/// How many references are followed for one resource.
const MAX_STEPS: usize = 1000;

/// Which roles a resource knows.
enum Knows {
    All(String),
    Roles(BTreeSet<usize>),
}

pub(super) fn look(file: &mut File<'_>, kind: Kind) {
    look_at_plan(file, kind);
    let mut names = Names::default();
    let mut policies: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    let mut nameless = BTreeSet::new();
    for role in file.resources.of_kind(ROLE) {
        match file.text(role, "name") {
            Some(name) => names.add(name, role),
            None => _ = nameless.insert(role),
        }
        let (attached, attached_names) = file.policy_names(role);
        attached_names.into_iter().for_each(|name| names.add(name, role));
        for policy in attached {
            policies.entry(policy).or_default().insert(role);
        }
    }
    let mut functions: HashMap<&str, Vec<usize>> = HashMap::new();
    for function in file.resources.of_kind("aws_lambda_function") {
        if let Some(name) = file.text(function, "function_name") {
            functions.entry(name).or_default().push(function);
        }
    }
    let is_plan = kind == Kind::TerraformPlan;
    let look = Look { names, policies, nameless, functions, is_plan, referring: RefCell::default() };
    let mut found = Vec::new();
    for (index, resource) in file.resources.all() {
        let row = row_of(resource.kind, resource.provider, resource.is_data);
        if let Some((knows, does)) = look.knows(file, index, row) {
            // A harmless type does harm by what is in it, which can be anything.
            let breaks = if row.reach == Reach::Harmless { Breaks::Everything } else { row.breaks };
            found.push((resource.address, breaks, does, knows));
        }
    }
    for change in items(file.tree, "resource_changes") {
        let is_data = text(change, "mode") == "data";
        let row = row_of(text(change, "type"), text(change, "provider_name"), is_data);
        if let Some(knows) = look.deletes(change, row) {
            found.push((text(change, "address"), row.breaks, row.does, knows));
        }
    }
    for (resource, attribute, breaks) in look.referring.take() {
        file.assume_of_all(resource, attribute, breaks);
    }
    for (address, breaks, does, knows) in found {
        match knows {
            Knows::All(how) => file.doubts.of_all(breaks, &format!("{address}: {does}{how}")),
            Knows::Roles(roles) => {
                for role in roles {
                    file.doubts.of_role(role, breaks, &format!("{address}: {does}"));
                }
            }
        }
    }
}

/// What the file says of itself.
fn look_at_plan(file: &mut File<'_>, kind: Kind) {
    let mut reasons = Vec::new();
    let is_empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    };
    for (part, value) in file.tree.as_object().into_iter().flatten() {
        let is_known = PARTS.contains(&part.as_str()) || (part == "values" && kind == Kind::TerraformState);
        if !is_known && !is_empty(value) {
            reasons.push(format!(
                "/{part}: rolecall does not know this part of a plan, which can change the role"
            ));
        }
    }
    if file.tree.get("complete").is_some_and(|complete| *complete != Value::Bool(true)) {
        reasons.push(
            "/complete: the plan is not complete, and what it leaves out can change the role".to_owned(),
        );
    }
    for deferred in items(file.tree, "deferred_changes") {
        let address = text(member(deferred, "/resource_change"), "address");
        reasons.push(format!("{address}: the plan puts it off, and it can change the role"));
    }
    if file.tree.get("deferred_changes").is_some_and(|deferred| !deferred.is_array() && !deferred.is_null()) {
        reasons.push("/deferred_changes: it cannot be read".to_owned());
    }
    let repeated = file.resources.repeated.iter();
    reasons.extend(repeated.map(|address| format!("{address}: the file has it twice")));
    reasons.extend(programs(file.tree));
    let planned: HashSet<&str> = file.resources.all().map(|(_, resource)| resource.address).collect();
    let mut lost = Vec::new();
    for change in items(file.tree, "resource_changes") {
        let (address, actions) = (text(change, "address"), actions(change));
        let known = ["no-op", "create", "read", "update", "delete", "forget"];
        if actions.is_empty() || actions.iter().any(|action| !known.contains(action)) {
            reasons.push(format!("{address}: rolecall does not know what the plan does to it"));
        }
        let stays = actions.iter().any(|action| ["create", "update"].contains(action));
        let kinds = [ROLE, POLICY, INLINE, ATTACHMENT, ATTACHMENTS];
        if stays
            && change.get("deposed").is_none()
            && text(change, "mode") != "data"
            && kinds.contains(&text(change, "type"))
            && !planned.contains(address)
        {
            lost.push(format!("{address}: the plan changes it, and the planned values do not have it"));
        }
    }
    let reads = [ROLE, POLICY, INLINE, ATTACHMENT, ATTACHMENTS];
    let unsaid: Vec<&str> = file
        .resources
        .all()
        .filter(|(_, resource)| {
            kind == Kind::TerraformPlan
                && !resource.is_data
                && resource.actions.is_empty()
                && reads.contains(&resource.kind)
        })
        .map(|(_, resource)| resource.address)
        .collect();
    let unsaid = unsaid.iter().take(20);
    reasons.extend(unsaid.map(|address| format!("{address}: the plan does not say what it does to it")));
    reasons.into_iter().for_each(|reason| file.doubts.of_all(Breaks::Everything, &reason));
    lost.into_iter().for_each(|reason| file.doubts.of_all(Breaks::Permissions, &reason));
}

/// Provisioners that run in this plan.
fn programs(tree: &Value) -> Vec<String> {
    let without_instances = |address: &str| {
        let mut text = String::new();
        let (mut depth, mut quoted) = (0_usize, false);
        for letter in address.chars() {
            match letter {
                '"' if depth > 0 => quoted = !quoted,
                '[' if !quoted => depth += 1,
                ']' if !quoted => depth = depth.saturating_sub(1),
                _ if depth == 0 => text.push(letter),
                _ => {}
            }
        }
        text
    };
    let runs = |change: &&Value| {
        let actions = actions(change);
        !actions.iter().all(|action| ["no-op", "read", "update", "forget"].contains(action))
    };
    let working: Option<HashSet<String>> =
        tree.get("resource_changes").and_then(Value::as_array).map(|changes| {
            changes.iter().filter(runs).map(|change| without_instances(text(change, "address"))).collect()
        });
    let mut found = Vec::new();
    let mut modules = vec![(String::new(), member(tree, "/configuration/root_module"))];
    while let Some((prefix, module)) = modules.pop() {
        for resource in items(module, "resources") {
            let address = format!("{prefix}{}", text(resource, "address"));
            let program = items(resource, "provisioners")
                .map(|provisioner| text(provisioner, "type"))
                .find(|kind| *kind != "file");
            if let Some(program) = program
                && working.as_ref().is_none_or(|working| working.contains(&address))
            {
                found.push(format!(
                    "{address}: its provisioner `{program}` runs a program, which can change the role"
                ));
            }
        }
        for (name, call) in member(module, "/module_calls").as_object().into_iter().flatten() {
            modules.push((format!("{prefix}module.{name}."), member(call, "/module")));
        }
    }
    found
}

struct Look<'t> {
    names: Names,
    /// The roles that a managed policy is on.
    policies: HashMap<usize, BTreeSet<usize>>,
    /// Roles whose names are known only after apply.
    nameless: BTreeSet<usize>,
    functions: HashMap<&'t str, Vec<usize>>,
    is_plan: bool,
    /// Attributes of which only the references are known, and what they could break.
    referring: RefCell<Vec<(usize, &'t str, Breaks)>>,
}

impl<'t> Look<'t> {
    /// Which roles a resource could change, and what it does to them.
    fn knows(&self, file: &File<'t>, index: usize, row: &Row) -> Option<(Knows, &'static str)> {
        let resource = file.resources.get(index)?;
        let all = |how: &str| Some((Knows::All(how.to_owned()), row.does));
        let some = |knows: Knows| match knows {
            Knows::Roles(roles) if roles.is_empty() => None,
            knows => Some((knows, row.does)),
        };
        match row.reach {
            Reach::Read => None,
            Reach::Harmless if resource.kind.starts_with("aws_iam_") || resource.is_data => None,
            Reach::Harmless => {
                let mut calls = false;
                texts(resource.values, &mut |text| calls = calls || calls_iam(text));
                calls
                    .then(|| (Knows::All(String::new()), "a text in it calls IAM, which can change the role"))
            }
            Reach::Every => all(""),
            Reach::Named(attribute) => match file.attribute(index, attribute) {
                Attribute::Known(name) => {
                    let mut roles = self.nameless.clone();
                    self.names.find(name.as_str().unwrap_or_default(), &mut roles);
                    some(Knows::Roles(roles))
                }
                Attribute::AfterApply => {
                    match file.resources.referred(index, attribute, ROLE, &["name", "id"]) {
                        Some(role) => {
                            self.referring.borrow_mut().push((index, attribute, row.breaks));
                            some(Knows::Roles(BTreeSet::from([role])))
                        }
                        None => all(&format!("; {}", file.later(index, attribute))),
                    }
                }
                Attribute::Missing if resource.kind == super::OTHER_ROLE => None,
                Attribute::Missing => all(&format!("; `{attribute}` is missing")),
            },
            Reach::Template(attribute) => match file.text(index, attribute) {
                Some(template) if cloudformation::is_harmless(template) => None,
                Some(_) | None => all(""),
            },
            Reach::CloudControl => match file.text(index, "type_name") {
                Some(kind) if cloudformation::table::is_harmless(kind) => None,
                Some(kind) if kind.starts_with("AWS::IAM::") => some(self.mentions(file, index, row)),
                Some(_) | None => all(""),
            },
            Reach::Mentioned | Reach::Foreign => some(self.mentions(file, index, row)),
            Reach::Runs => match self.mentions(file, index, row) {
                Knows::All(how) => all(&how),
                Knows::Roles(mut roles) => {
                    let mut words = Vec::new();
                    texts(resource.values, &mut |text| words.extend(text.split([':', '/', '"'])));
                    for function in words.iter().filter_map(|word| self.functions.get(word)).flatten() {
                        match self.mentions(file, *function, row) {
                            Knows::All(how) => return all(&how),
                            Knows::Roles(more) => roles.extend(more),
                        }
                    }
                    some(Knows::Roles(roles))
                }
            },
        }
    }

    /// The roles that a resource mentions, or could, in values that are not known yet.
    fn mentions(&self, file: &File<'t>, index: usize, row: &Row) -> Knows {
        let Some(resource) = file.resources.get(index) else { return Knows::Roles(BTreeSet::new()) };
        let (mut roles, mut speaks) =
            (BTreeSet::new(), speaks_of_iam(resource.kind) || runs_programs(resource.kind));
        texts(resource.values, &mut |text| {
            self.names.find(text, &mut roles);
            speaks = speaks || speaks_of_iam(text);
        });
        if row.reach == Reach::Foreign && speaks {
            return Knows::All(String::new());
        }
        let unclear = |attribute: &str| Knows::All(format!("; {}", file.later(index, attribute)));
        let Some(configured) = file.resources.configured(index) else {
            return match self.is_plan && is_unknown(resource.unknown) {
                true => Knows::All("; what it is made of is not in the plan".to_owned()),
                false => Knows::Roles(roles),
            };
        };
        let expressions = configured.get("expressions");
        for (attribute, unknown) in resource.unknown.as_object().into_iter().flatten() {
            if !is_unknown(unknown) {
                continue;
            }
            let Some(expression) = expressions.and_then(|expressions| expressions.get(attribute)) else {
                // What the provider makes up is unknown as a whole; a block of which parts are known is configured. A block
                // that `dynamic` makes is not in the configuration.
                if unknown.is_boolean() && !BLOCKS.contains(&attribute.as_str()) {
                    continue;
                }
                return unclear(attribute);
            };
            let mut is_other = false;
            let mut see = |found: usize| match file.resources.get(found).map(|found| found.kind) {
                Some(ROLE) => _ = roles.insert(found),
                Some(POLICY) => roles.extend(self.policies.get(&found).into_iter().flatten()),
                Some(INLINE | ATTACHMENT | ATTACHMENTS) | None => is_other = true,
                Some(_) => {}
            };
            let harmless =
                file.resources.is_harmless(resource.module, expression, &mut { MAX_STEPS }, &mut see);
            if !harmless || is_other {
                return unclear(attribute);
            }
            // Text around the references could name a role.
            self.referring.borrow_mut().push((index, attribute, row.breaks));
        }
        if *resource.unknown == Value::Bool(true) {
            return Knows::All("; nothing of it is known before apply".to_owned());
        }
        Knows::Roles(roles)
    }

    /// Which roles the end of a resource could change.
    fn deletes(&self, change: &Value, row: &Row) -> Option<Knows> {
        let actions = actions(change);
        if !actions.contains(&"delete") || actions.contains(&"create") && change.get("deposed").is_none() {
            return None;
        }
        match row.reach {
            Reach::Read | Reach::Harmless => None,
            Reach::Every | Reach::Template(_) | Reach::CloudControl => {
                Some(Knows::All("; the plan deletes it".to_owned()))
            }
            Reach::Named(_) | Reach::Mentioned | Reach::Runs | Reach::Foreign => {
                let mut roles = BTreeSet::new();
                texts(member(change, "/change/before"), &mut |text| self.names.find(text, &mut roles));
                (!roles.is_empty()).then_some(Knows::Roles(roles))
            }
        }
    }
}
