//! The resources of a Terraform file, and what their configuration refers to.
//!
//! The configuration lists the references of an expression, not the expression. Where an attribute that takes one value
//! has references to one resource only (`policy_arn = aws_iam_policy.x.arn`), through variables and outputs of modules
//! if need be, that resource is taken to be meant. Nothing else is resolved: not an instance that is chosen by
//! `each.key`, and not a list, which may hold constants that the configuration does not show.

use std::collections::HashMap;

use serde_json::Value;

pub(super) const ROLE: &str = "aws_iam_role";
pub(super) const POLICY: &str = "aws_iam_policy";
pub(super) const INLINE: &str = "aws_iam_role_policy";
pub(super) const ATTACHMENT: &str = "aws_iam_role_policy_attachment";
pub(super) const ATTACHMENTS: &str = "aws_iam_policy_attachment";
const KINDS: [&str; 5] = [ROLE, POLICY, INLINE, ATTACHMENT, ATTACHMENTS];

/// How many references are followed, through variables and outputs, to find out what an attribute refers to.
const MAX_STEPS: usize = 100;

/// A resource of the plan or state.
pub(super) struct Resource<'t> {
    /// Its full address.
    pub(super) address: &'t str,
    pub(super) kind: &'t str,
    /// The address within the module, with the instance: `aws_iam_role.x[0]`.
    local: &'t str,
    /// The address within the configuration of the module: `aws_iam_role.x`.
    base: String,
    module: usize,
    pub(super) values: &'t Value,
    /// What of it is known only after apply; has the shape of the values.
    pub(super) unknown: &'t Value,
}

/// An instance of a module.
struct Module<'t> {
    address: &'t str,
    parent: Option<usize>,
    /// The name of the module call.
    name: &'t str,
    /// The address within the parent, with the instance: `module.x["a"]`.
    local: &'t str,
    configuration: &'t Value,
}

pub(super) struct Resources<'t> {
    modules: Vec<Module<'t>>,
    resources: Vec<Resource<'t>>,
}

impl<'t> Resources<'t> {
    pub(super) fn read(tree: &'t Value, values: &'t Value) -> Self {
        let mut resources = Self { modules: Vec::new(), resources: Vec::new() };
        let configuration = member(tree, "/configuration/root_module");
        let root = Module { address: "", parent: None, name: "", local: "", configuration };
        resources.modules.push(root);
        resources.walk(member(values, "/root_module"), 0, false);
        // Data that was read before planning stands with the prior state.
        resources.walk(member(tree, "/prior_state/values/root_module"), 0, true);
        let changes: HashMap<&str, &Value> =
            items(tree, "resource_changes").map(|change| (text(change, "address"), change)).collect();
        for resource in &mut resources.resources {
            let change = changes.get(resource.address).copied().unwrap_or(&Value::Null);
            resource.unknown = member(change, "/change/after_unknown");
        }
        resources
    }

    /// Roles, what puts policies on them, and the policies, those among them that are data; of the prior state the data
    /// only.
    fn walk(&mut self, node: &'t Value, module: usize, only_data: bool) {
        let prefix = self.modules.get(module).map_or("", |module| module.address);
        for resource in items(node, "resources") {
            let (address, kind) = (text(resource, "address"), text(resource, "type"));
            let is_data = text(resource, "mode") == "data";
            let wanted = if is_data { kind == POLICY } else { !only_data && KINDS.contains(&kind) };
            if !wanted {
                continue;
            }
            let mode = if is_data { "data." } else { "" };
            self.resources.push(Resource {
                address,
                kind,
                local: within(address, prefix),
                base: format!("{mode}{kind}.{}", text(resource, "name")),
                module,
                values: member(resource, "/values"),
                unknown: &Value::Null,
            });
        }
        for child in items(node, "child_modules") {
            let address = text(child, "address");
            let known = self.modules.iter().position(|module| module.address == address);
            let index = known.unwrap_or_else(|| {
                let local = within(address, prefix);
                let name = local.strip_prefix("module.").unwrap_or(local);
                let name = name.split('[').next().unwrap_or(name);
                let call = member(self.configuration(module), &format!("/module_calls/{name}"));
                let configuration = member(call, "/module");
                self.modules.push(Module { address, parent: Some(module), name, local, configuration });
                self.modules.len() - 1
            });
            self.walk(child, index, only_data);
        }
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = usize> {
        let resources = self.resources.iter().enumerate();
        resources.filter(move |(_, resource)| resource.kind == kind).map(|(index, _)| index)
    }

    pub(super) fn get(&self, resource: usize) -> Option<&Resource<'t>> {
        self.resources.get(resource)
    }

    fn configuration(&self, module: usize) -> &'t Value {
        self.modules.get(module).map_or(&Value::Null, |module| module.configuration)
    }

    /// The expression that the configuration has for an attribute.
    pub(super) fn expression(&self, resource: usize, attribute: &str) -> Option<&'t Value> {
        let resource = self.resources.get(resource)?;
        let configured = items(self.configuration(resource.module), "resources")
            .find(|configured| text(configured, "address") == resource.base)?;
        configured.get("expressions")?.get(attribute)
    }

    /// The one resource of a kind that an attribute refers to; `None` where it refers to anything else as well.
    pub(super) fn referred(&self, resource: usize, attribute: &str, kind: &str) -> Option<usize> {
        let expression = self.expression(resource, attribute)?;
        let found = self.follow(self.resources.get(resource)?.module, expression, &mut { MAX_STEPS })?;
        (self.resources.get(found)?.kind == kind).then_some(found)
    }

    fn follow(&self, module: usize, expression: &Value, steps: &mut usize) -> Option<usize> {
        let mut found = None;
        for reference in leaves(expression) {
            *steps = steps.checked_sub(1)?;
            let resource = if let Some(variable) = reference.strip_prefix("var.") {
                let Module { parent, name, .. } = self.modules.get(module)?;
                let parent = (*parent)?;
                let call = member(self.configuration(parent), &format!("/module_calls/{name}/expressions"));
                self.follow(parent, call.get(variable)?, steps)?
            } else if reference.starts_with("module.") {
                let (child, output) = self.modules.iter().enumerate().find_map(|(index, child)| {
                    let output = reference.strip_prefix(child.local)?.strip_prefix('.')?;
                    (child.parent == Some(module)).then_some((index, output))
                })?;
                let output = member(self.configuration(child), &format!("/outputs/{output}/expression"));
                self.follow(child, output, steps)?
            } else {
                self.resource(module, reference)?
            };
            if found.is_some_and(|found| found != resource) {
                return None;
            }
            found = Some(resource);
        }
        found
    }

    /// The resource that a reference such as `aws_iam_role.x[0].name` names. Without an instance it can only be the one
    /// that there is.
    fn resource(&self, module: usize, reference: &str) -> Option<usize> {
        let here = || self.resources.iter().enumerate().filter(|(_, resource)| resource.module == module);
        let exact = here().find(|(_, resource)| is_part_of(resource.local, reference));
        let mut instances = here().filter(|(_, resource)| resource.base == reference);
        let only = instances.next().filter(|_| instances.next().is_none());
        exact.or(only).map(|(index, _)| index)
    }
}

/// The references of an expression that are not just the beginning of another: of `x.y.arn` and `x.y` the first.
pub(super) fn leaves(expression: &Value) -> Vec<&str> {
    let references = || items(expression, "references").filter_map(Value::as_str);
    references()
        .filter(|reference| !references().any(|other| other != *reference && is_part_of(reference, other)))
        .collect()
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

fn member<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + Clone + use<'v> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
