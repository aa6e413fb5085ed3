//! Which policies that are resources of their own go to which role.

use std::collections::HashMap;

use serde_json::Value;

use super::super::reach::{Breaks, Doubts};
use super::intrinsics::Reasons;
use super::table::{MANAGED_POLICY, POLICY, ROLE, ROLE_POLICY};
use super::{ByName, Defaults, Linked, Template, folded};

/// How a role is called.
enum RoleName {
    /// By CloudFormation: stack, logical ID and random letters.
    Generated,
    Known(String),
    Open,
}

pub(super) struct Links<'t> {
    linked: HashMap<usize, Linked<'t>>,
    /// The defaults on which everything that goes to a role depends.
    of_all: Defaults<'t>,
    roles: Vec<(usize, RoleName)>,
    /// The defaults on which the names of roles depend.
    names: HashMap<usize, Defaults<'t>>,
    /// Whether a policy calls a role by its name, and not by a reference.
    literals: bool,
}

/// The roles of a template, by what a policy may call them.
struct Roles<'t> {
    by_name: ByName<usize>,
    by_expression: HashMap<&'t Value, Vec<usize>>,
    /// Roles whose names do not follow from the template.
    open: Vec<usize>,
    generated: Vec<usize>,
}

impl<'t> Links<'t> {
    pub(super) fn find(template: &Template<'t>, doubts: &mut Doubts) -> Self {
        let mut links = Self {
            linked: HashMap::new(),
            of_all: Defaults::new(),
            roles: Vec::new(),
            names: HashMap::new(),
            literals: false,
        };
        let mut resolver = template.resolver();
        let mut roles = Roles {
            by_name: ByName::new(),
            by_expression: HashMap::new(),
            open: Vec::new(),
            generated: Vec::new(),
        };
        for (index, role) in template.resources.iter().enumerate().filter(|(_, role)| role.kind == ROLE) {
            let name = match role.property("RoleName") {
                None => {
                    roles.generated.push(index);
                    RoleName::Generated
                }
                Some((value, pointer)) => {
                    roles.by_expression.entry(value).or_default().push(index);
                    match resolver.value(value, &pointer) {
                        Ok(Some(Value::String(name))) => {
                            roles.by_name.entry(folded(&name)).or_default().push(index);
                            RoleName::Known(name)
                        }
                        Ok(None) => {
                            roles.generated.push(index);
                            RoleName::Generated
                        }
                        Ok(Some(_)) | Err(_) => {
                            roles.open.push(index);
                            RoleName::Open
                        }
                    }
                }
            };
            links.names.insert(index, std::mem::take(&mut resolver.defaults));
            links.roles.push((index, name));
        }
        for (index, resource) in template.resources.iter().enumerate() {
            let property = match resource.kind {
                MANAGED_POLICY | POLICY => "Roles",
                ROLE_POLICY => "RoleName",
                _ => continue,
            };
            if !resource.is_written_out() {
                let reason = format!("{}: its properties are not written out", resource.pointer);
                doubts.of_all(Breaks::Permissions, &reason);
                continue;
            }
            let Some((value, pointer)) = resource.property(property) else { continue };
            let created = template.is_created(resource, &mut resolver);
            let condition = std::mem::take(&mut resolver.defaults);
            let names = resolver.links(value, &pointer);
            let named = std::mem::take(&mut resolver.defaults);
            let mut targets = match names {
                Ok(names) => {
                    links.of_all.extend(named);
                    let (targets, literals) = roles.meant(template, &pointer, names.as_ref(), doubts);
                    links.literals |= literals;
                    targets
                }
                // The same expression gives the same name, whatever that is.
                Err(reasons) => {
                    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    let same = items.iter().filter_map(|item| roles.by_expression.get(item)).flatten();
                    let mut targets: Vec<usize> = same.copied().collect();
                    targets.extend(items.iter().filter_map(|item| referred_role(template, item)));
                    if !matches!(created, Ok(false)) {
                        roles.doubt_others(&links.roles, items, &targets, &reasons, doubts);
                    }
                    targets
                }
            };
            targets.sort_unstable();
            targets.dedup();
            for role in targets {
                let linked = links.linked.entry(role).or_default();
                linked.defaults.extend(&condition);
                match &created {
                    Ok(true) => linked.policies.push(index),
                    Ok(false) => {}
                    Err(reasons) => {
                        for reason in reasons {
                            doubts.of_role(role, Breaks::Permissions, reason);
                        }
                    }
                }
            }
        }
        links
    }

    /// What goes to a role.
    pub(super) fn of(&self, role: usize) -> Linked<'t> {
        let linked = self.linked.get(&role);
        let mut defaults = self.of_all.clone();
        defaults.extend(linked.into_iter().flat_map(|linked| &linked.defaults));
        if self.literals {
            defaults.extend(self.names.get(&role).into_iter().flatten());
        }
        Linked { policies: linked.map(|linked| linked.policies.clone()).unwrap_or_default(), defaults }
    }

    /// The roles, with their names if they do not come from CloudFormation.
    pub(super) fn roles(&self) -> impl Iterator<Item = (usize, bool, Option<&str>)> {
        self.roles.iter().map(|(role, name)| match name {
            RoleName::Generated => (*role, false, None),
            RoleName::Known(name) => (*role, true, Some(name.as_str())),
            RoleName::Open => (*role, true, None),
        })
    }
}

fn referred_role(template: &Template<'_>, item: &Value) -> Option<usize> {
    let id = item.get("Ref")?.as_str()?;
    let index = *template.by_id.get(id)?;
    (template.resources.get(index)?.kind == ROLE).then_some(index)
}

impl<'t> Roles<'t> {
    /// The roles that resolved names mean, and whether one of them is written out.
    fn meant(
        &self,
        template: &Template<'t>,
        pointer: &str,
        names: Option<&Value>,
        doubts: &mut Doubts,
    ) -> (Vec<usize>, bool) {
        let mut targets = Vec::new();
        let list = match names {
            Some(Value::Array(names)) => names.as_slice(),
            Some(name) => std::slice::from_ref(name),
            None => &[],
        };
        let mut literals = false;
        for name in list {
            let Some(text) = name.as_str() else {
                match referred_role(template, name) {
                    Some(role) => targets.push(role),
                    None => doubts.of_all(
                        Breaks::Permissions,
                        &format!("{pointer}: which roles it means is not clear"),
                    ),
                }
                continue;
            };
            literals = true;
            let own = folded(text);
            targets.extend(self.by_name.get(&own).into_iter().flatten());
            for role in self.generated.iter().copied() {
                let id = template.resources.get(role).map(|role| role.id.to_ascii_lowercase());
                if id.is_some_and(|id| own.contains(&format!("-{id}-"))) {
                    let reason = format!("{pointer}: `{text}` can be what CloudFormation calls this role");
                    doubts.of_role(role, Breaks::Permissions, &reason);
                }
            }
        }
        if literals {
            for role in self.open.iter().filter(|role| !targets.contains(role)) {
                let id = template.resources.get(*role).map_or("", |role| role.id);
                let reason = format!("{pointer}: whether it means role {id} is open");
                doubts.of_role(*role, Breaks::Permissions, &reason);
            }
        }
        (targets, literals)
    }

    /// Names that do not follow from the template can mean every role that is not surely meant or surely not.
    fn doubt_others(
        &self,
        roles: &[(usize, RoleName)],
        items: &[Value],
        targets: &[usize],
        reasons: &Reasons,
        doubts: &mut Doubts,
    ) {
        let all_targets = items.len() == targets.len();
        if all_targets {
            return;
        }
        for (role, _) in roles.iter().filter(|(role, _)| !targets.contains(role)) {
            for reason in reasons {
                doubts.of_role(*role, Breaks::Permissions, reason);
            }
        }
    }
}
