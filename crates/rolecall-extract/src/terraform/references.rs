//! The resources of a Terraform file, and what their configuration refers to.
//!
//! The configuration lists the references of an expression, not the expression. An attribute is taken to be what it
//! refers to where the list is exactly that of one plain reference (`policy_arn = aws_iam_policy.x.arn`), through
//! variables and outputs of modules if need be. Nothing else is resolved: not an instance that is chosen by `each.key`,
//! not two references, not a whole object, and not a list, which may hold constants that the configuration does not show.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

pub(in super::super) const ROLE: &str = "aws_iam_role";
pub(in super::super) const POLICY: &str = "aws_iam_policy";
pub(in super::super) const INLINE: &str = "aws_iam_role_policy";
pub(in super::super) const ATTACHMENT: &str = "aws_iam_role_policy_attachment";
pub(in super::super) const ATTACHMENTS: &str = "aws_iam_policy_attachment";

/// How many references are followed, through variables and outputs, to find out what an attribute refers to.
const MAX_STEPS: usize = 100;

/// A resource of the plan or state.
pub(in super::super) struct Resource<'t> {
    /// Its full address.
    pub(in super::super) address: &'t str,
    pub(in super::super) kind: &'t str,
    pub(in super::super) provider: &'t str,
    pub(in super::super) is_data: bool,
    /// The address within the configuration of the module: `aws_iam_role.x`.
    base: String,
    pub(in super::super) module: usize,
    pub(in super::super) values: &'t Value,
    /// What of it is known only after apply; has the shape of the values.
    pub(in super::super) unknown: &'t Value,
    /// What the plan does to it.
    pub(in super::super) actions: Vec<&'t str>,
}

/// An instance of a module.
struct Module<'t> {
    address: &'t str,
    parent: Option<usize>,
    /// The name of the module call.
    name: &'t str,
    configuration: &'t Value,
}

#[derive(Default)]
pub(in super::super) struct Resources<'t> {
    modules: Vec<Module<'t>>,
    resources: Vec<Resource<'t>>,
    /// Modules by their parent and the address within it, with the instance: `module.x["a"]`.
    children: HashMap<(usize, &'t str), usize>,
    by_module_address: HashMap<&'t str, usize>,
    /// Resources by the address within the module, with the instance: `aws_iam_role.x[0]`.
    by_local: HashMap<(usize, &'t str), usize>,
    /// How the configuration describes a resource: by the module's configuration, and the address in it.
    configured: HashMap<(*const Value, &'t str), &'t Value>,
    indexed: HashSet<*const Value>,
    /// Addresses that the file gives twice, so that what it says of them is not clear.
    pub(in super::super) repeated: Vec<&'t str>,
}

impl<'t> Resources<'t> {
    pub(in super::super) fn read(tree: &'t Value, values: &'t Value) -> Self {
        let mut resources = Self::default();
        let configuration = member(tree, "/configuration/root_module");
        resources.enter("", None, "", "", configuration);
        resources.walk(member(values, "/root_module"), 0, false);
        // Data that was read before planning stands with the prior state.
        resources.walk(member(tree, "/prior_state/values/root_module"), 0, true);
        let mut changes: HashMap<&str, &Value> = HashMap::new();
        // An object that is only waiting to be destroyed (`deposed`) says nothing of the one in use.
        for change in items(tree, "resource_changes").filter(|change| change.get("deposed").is_none()) {
            if changes.insert(text(change, "address"), change).is_some() {
                resources.repeated.push(text(change, "address"));
            }
        }
        for resource in resources.resources.iter_mut().filter(|resource| !resource.is_data) {
            let change = changes.get(resource.address).copied().unwrap_or(&Value::Null);
            resource.unknown = member(change, "/change/after_unknown");
            resource.actions = actions(change);
        }
        resources
    }

    fn enter(
        &mut self,
        address: &'t str,
        parent: Option<usize>,
        name: &'t str,
        local: &'t str,
        configuration: &'t Value,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module { address, parent, name, configuration });
        self.by_module_address.insert(address, index);
        if let Some(parent) = parent {
            self.children.insert((parent, local), index);
        }
        // Instances of a module share its configuration.
        if self.indexed.insert(std::ptr::from_ref(configuration)) {
            for configured in items(configuration, "resources") {
                let key = (std::ptr::from_ref(configuration), text(configured, "address"));
                if self.configured.insert(key, configured).is_some() {
                    self.repeated.push(text(configured, "address"));
                }
            }
        }
        index
    }

    /// Every resource; of the prior state the policies that are data only.
    fn walk(&mut self, node: &'t Value, module: usize, only_data: bool) {
        let prefix = self.modules.get(module).map_or("", |module| module.address);
        for resource in items(node, "resources") {
            let (address, kind) = (text(resource, "address"), text(resource, "type"));
            let is_data = text(resource, "mode") == "data";
            if only_data && !(is_data && kind == POLICY) {
                continue;
            }
            let local = within(address, prefix);
            let mode = if is_data { "data." } else { "" };
            let index = self.resources.len();
            if self.by_local.insert((module, local), index).is_some() && !only_data {
                self.repeated.push(address);
            }
            self.resources.push(Resource {
                address,
                kind,
                provider: text(resource, "provider_name"),
                is_data,
                base: format!("{mode}{kind}.{}", text(resource, "name")),
                module,
                values: member(resource, "/values"),
                unknown: &Value::Null,
                actions: Vec::new(),
            });
        }
        for child in items(node, "child_modules") {
            let address = text(child, "address");
            let index = self.by_module_address.get(address).copied().unwrap_or_else(|| {
                let local = within(address, prefix);
                let name = local.strip_prefix("module.").unwrap_or(local);
                let name = name.split('[').next().unwrap_or(name);
                let call = self.configuration(module).get("module_calls").and_then(|calls| calls.get(name));
                let configuration = call.and_then(|call| call.get("module")).unwrap_or(&Value::Null);
                self.enter(address, Some(module), name, local, configuration)
            });
            self.walk(child, index, only_data);
        }
    }

    pub(in super::super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = usize> {
        // Of what others made, only the policies have documents here.
        let is_meant = move |resource: &Resource<'_>| {
            resource.kind == kind && (!resource.is_data || resource.kind == POLICY)
        };
        self.all().filter(move |(_, resource)| is_meant(resource)).map(|(index, _)| index)
    }

    pub(in super::super) fn all(&self) -> impl Iterator<Item = (usize, &Resource<'t>)> {
        self.resources.iter().enumerate()
    }

    pub(in super::super) fn get(&self, resource: usize) -> Option<&Resource<'t>> {
        self.resources.get(resource)
    }

    fn configuration(&self, module: usize) -> &'t Value {
        self.modules.get(module).map_or(&Value::Null, |module| module.configuration)
    }

    /// What the configuration says of a resource.
    pub(in super::super) fn configured(&self, resource: usize) -> Option<&'t Value> {
        let resource = self.resources.get(resource)?;
        let module = std::ptr::from_ref(self.configuration(resource.module));
        self.configured.get(&(module, resource.base.as_str())).copied()
    }

    /// The expression that the configuration has for an attribute.
    pub(in super::super) fn expression(&self, resource: usize, attribute: &str) -> Option<&'t Value> {
        self.configured(resource)?.get("expressions")?.get(attribute)
    }

    /// The provider configuration that makes a resource: `aws`, or `aws.alias`.
    pub(in super::super) fn provider_key(&self, resource: usize) -> Option<&'t str> {
        self.configured(resource)?.get("provider_config_key").and_then(Value::as_str)
    }

    /// The resource of a kind of which an attribute is one of these attributes, and nothing else.
    pub(in super::super) fn referred(
        &self,
        resource: usize,
        attribute: &str,
        kind: &str,
        attributes: &[&str],
    ) -> Option<usize> {
        let expression = self.expression(resource, attribute)?;
        let module = self.resources.get(resource)?.module;
        let (found, attribute) = self.plain(module, expression, MAX_STEPS)?;
        (self.resources.get(found)?.kind == kind && attributes.contains(&attribute)).then_some(found)
    }

    /// The resource and its attribute that an expression is.
    fn plain(&self, module: usize, expression: &'t Value, steps: usize) -> Option<(usize, &'t str)> {
        let steps = steps.checked_sub(1)?;
        let reference = only_reference(expression)?;
        match self.target(module, reference)? {
            Target::Expression(module, expression) => self.plain(module, expression, steps),
            Target::Attribute(resource, attribute) => Some((resource, attribute)),
        }
    }

    /// What a reference stands for, where the file shows it.
    fn target(&self, module: usize, reference: &'t str) -> Option<Target<'t>> {
        if let Some(variable) = reference.strip_prefix("var.") {
            let Module { parent, name, .. } = self.modules.get(module)?;
            let call = self.configuration((*parent)?).get("module_calls")?.get(name)?;
            return Some(Target::Expression((*parent)?, call.get("expressions")?.get(variable)?));
        }
        let Path { local, base, rest } = Path::read(reference);
        if base.starts_with("module.") {
            let child = *self.children.get(&(module, local))?;
            let output = self.configuration(child).get("outputs")?.get(rest)?;
            return Some(Target::Expression(child, output.get("expression")?));
        }
        let exact = self.by_local.get(&(module, local)).or_else(|| self.by_local.get(&(module, base)));
        exact.map(|resource| Target::Attribute(*resource, rest))
    }

    /// Whether what an expression refers to surely has nothing to do with IAM; what cannot be followed could have.
    /// `see` is told of the roles and policies that it refers to.
    pub(in super::super) fn is_harmless(
        &self,
        module: usize,
        expression: &'t Value,
        steps: &mut usize,
        see: &mut impl FnMut(usize),
    ) -> bool {
        let mut harmless = true;
        for reference in leaves(expression) {
            let Some(left) = steps.checked_sub(1) else { return false };
            *steps = left;
            harmless &= match reference.split('.').next().unwrap_or_default() {
                "path" | "terraform" | "count" | "self" => true,
                "each" | "local" | "data" | "ephemeral" => false,
                "var" if self.modules.get(module).is_some_and(|module| module.parent.is_none()) => true,
                _ => match self.target(module, reference) {
                    Some(Target::Expression(module, expression)) => {
                        self.is_harmless(module, expression, steps, see)
                    }
                    Some(Target::Attribute(resource, _)) => {
                        see(resource);
                        true
                    }
                    None => false,
                },
            };
        }
        harmless
    }
}

enum Target<'t> {
    Attribute(usize, &'t str),
    /// An expression in a module.
    Expression(usize, &'t Value),
}

/// The parts of a reference: of `aws_iam_role.x["a"].name` the resource, its base, and `name`.
struct Path<'t> {
    local: &'t str,
    base: &'t str,
    rest: &'t str,
}

impl<'t> Path<'t> {
    fn read(reference: &'t str) -> Self {
        let dots = if reference.starts_with("data.") { 2 } else { 1 };
        let start = reference.match_indices('.').nth(dots - 1).map_or(reference.len(), |(at, _)| at + 1);
        let after = reference.get(start..).unwrap_or_default();
        let base_end = start + after.find(['.', '[']).unwrap_or(after.len());
        let (base, tail) = reference.split_at_checked(base_end).unwrap_or((reference, ""));
        let index_end = match tail.strip_prefix('[') {
            Some(index) if index.starts_with('"') => index.find("\"]").map(|end| end + "[\"]".len()),
            Some(index) => index.find(']').map(|end| end + "[]".len()),
            None => Some(0),
        };
        let index_end = index_end.unwrap_or(tail.len());
        let local = reference.get(..base_end + index_end).unwrap_or(reference);
        let rest = tail.get(index_end..).unwrap_or_default().trim_start_matches('.');
        Self { local, base, rest }
    }
}

/// The reference of an expression that has only this one: the list holds it and its beginnings, each once.
fn only_reference(expression: &Value) -> Option<&str> {
    let mut references = items(expression, "references");
    let first = references.next()?.as_str()?;
    let mut longer = first;
    for reference in references {
        let reference = reference.as_str()?;
        if reference == longer || !is_part_of(reference, longer) {
            return None;
        }
        longer = reference;
    }
    Some(first)
}

/// The references of an expression, and of those in it, that are not just the beginning of another: of `x.y.arn` and
/// `x.y` the first.
pub(in super::super) fn leaves(expression: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    let mut leaves: Vec<&str> = Vec::new();
    for reference in found {
        // The list has what a reference begins with right after it.
        if !leaves.last().is_some_and(|leaf| is_part_of(reference, leaf)) {
            leaves.push(reference);
        }
    }
    leaves
}

fn collect<'v>(expression: &'v Value, found: &mut Vec<&'v str>) {
    match expression {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::Array(references) if key == "references" => {
                        found.extend(references.iter().filter_map(Value::as_str));
                    }
                    Value::Object(_) | Value::Array(_) if key != "constant_value" => collect(value, found),
                    _ => {}
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether an address is the whole of a reference or its beginning.
fn is_part_of(address: &str, reference: &str) -> bool {
    let rest = reference.strip_prefix(address);
    !address.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// An address without its module's.
fn within<'a>(address: &'a str, module: &str) -> &'a str {
    address.strip_prefix(module).unwrap_or(address).trim_start_matches('.')
}

/// What a change does: `create`, `delete` and so on.
pub(in super::super) fn actions(change: &Value) -> Vec<&str> {
    let actions = change.pointer("/change/actions").and_then(Value::as_array);
    actions.into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(in super::super) fn member<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

pub(in super::super) fn items<'v>(
    value: &'v Value,
    key: &str,
) -> impl Iterator<Item = &'v Value> + Clone + use<'v> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(in super::super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
