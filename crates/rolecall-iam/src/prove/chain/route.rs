//! A chain that leads beyond the targets: complete requests, one after the other, each confirmed by the evaluator.

use serde_json::json;

use super::calls::{
    self, ASSUME, ATTACH, BOUNDARY, CREATE_POLICY, CREATE_ROLE, CREATE_VERSION, DELETE_BOUNDARY, POLICY,
    PUT_BOUNDARY, PUT_POLICY, UPDATE_TRUST,
};
use super::steps::Steps;
use super::{Limit, ProvisioningIntent, RequiredBoundary, beyond};
use crate::arn::{RoleArn, RoleName, RolePath, SessionName};
use crate::context::{Context, ContextKey};
use crate::evaluate::{Layers, Request, evaluate};
use crate::principal::Principal;
use crate::prove::answer::{Proof, Witness};
use crate::prove::claim::Permissions;
use crate::truth::Truth;

/// What is looked through for a chain.
pub(super) struct Route<'r, 'd> {
    pub(super) permissions: &'r Permissions<'d>,
    pub(super) holder: Option<&'r RoleArn>,
    pub(super) intent: &'r ProvisioningIntent<'r>,
    pub(super) limit: &'r Limit,
    pub(super) steps: &'r Steps,
}

/// The boundary of a role on the way.
#[derive(Clone, PartialEq, Eq)]
enum On {
    Nothing,
    /// The boundary that is asked for.
    Asked(String),
    /// A policy that allows everything.
    Everything(String),
}

/// What a role has when the holder comes by it.
#[derive(Clone, Copy)]
enum Found {
    Empty,
    WithItsPolicies,
}

impl On {
    fn arn(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Asked(arn) | Self::Everything(arn) => Some(arn),
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::Nothing => "without a permissions boundary".to_owned(),
            Self::Asked(arn) | Self::Everything(arn) => format!("with the permissions boundary `{arn}`"),
        }
    }
}

impl Route<'_, '_> {
    /// The first chain that is allowed, from its first call to one that is not an invocation of a target.
    pub(super) fn find(&self) -> Option<Vec<Witness>> {
        self.roles().iter().find_map(|role| self.through(role)).or_else(|| self.through_another_role())
    }

    fn through(&self, role: &RoleArn) -> Option<Vec<Witness>> {
        let starts = self
            .boundaries()
            .into_iter()
            .filter_map(|on| Some((self.creation(role, &on)?, on, Found::Empty)));
        let taken_over = || {
            let on = match self.intent.boundary {
                Some(RequiredBoundary { arn, document: _ }) => On::Asked(arn.to_owned()),
                None => On::Nothing,
            };
            let is_own = *role == self.intent.role;
            is_own.then(|| Some((self.take_over(role)?, on, Found::WithItsPolicies))).flatten()
        };
        starts.chain(taken_over()).find_map(|(start, on, found)| {
            let mut requests = vec![start];
            requests.extend(self.widening(role, &on, found)?);
            let (loosening, on) = self.loosening(role, on)?;
            requests.extend(loosening);
            requests.push(self.assumption(role)?);
            requests.push(self.use_of(role, &on)?);
            Some(requests)
        })
    }

    /// A role that somebody else made, for something else.
    fn through_another_role(&self) -> Option<Vec<Witness>> {
        let role = self.role_named("/", "another-role")?;
        Some(vec![self.take_over(&role)?, self.assumption(&role)?])
    }

    fn creation(&self, role: &RoleArn, on: &On) -> Option<Witness> {
        let sentence = format!(
            "the holder creates the role `{role}` {}, with a trust policy that names the holder",
            on.in_words()
        );
        self.allowed(CREATE_ROLE, &role.to_string(), &boundary(on.arn()), &sentence)
    }

    fn take_over(&self, role: &RoleArn) -> Option<Witness> {
        let sentence =
            format!("the holder writes a trust policy for the role `{role}` that names the holder");
        self.allowed(UPDATE_TRUST, &role.to_string(), &[], &sentence)
    }

    /// Calls after which the role has a policy that allows everything.
    fn widening(&self, role: &RoleArn, on: &On, found: Found) -> Option<Vec<Witness>> {
        let resource = role.to_string();
        let attached = |policy: &str| {
            let context: Vec<_> =
                boundary(on.arn()).into_iter().chain([(POLICY, policy.to_owned())]).collect();
            let sentence = format!("the holder attaches the policy `{policy}` to the role");
            self.allowed(ATTACH, &resource, &context, &sentence)
        };
        let inline = || {
            let sentence = "the holder writes a policy into the role that allows everything".to_owned();
            self.allowed(PUT_POLICY, &resource, &boundary(on.arn()), &sentence).map(|request| vec![request])
        };
        let of_aws = || attached(&self.administrator_access()).map(|request| vec![request]);
        let written = |action, policy: &str| {
            let sentence = match action {
                CREATE_POLICY => format!("the holder creates the policy `{policy}`, which allows everything"),
                _ => format!("the holder writes a version of the policy `{policy}` that allows everything"),
            };
            self.allowed(action, policy, &[], &sentence)
        };
        let policies = self.policies();
        let own = |action| {
            policies.iter().find_map(|policy| Some(vec![written(action, policy)?, attached(policy)?]))
        };
        let in_place = || match found {
            Found::Empty => None,
            Found::WithItsPolicies => Some(vec![written(CREATE_VERSION, policies.first()?)?]),
        };
        inline()
            .or_else(of_aws)
            .or_else(|| own(CREATE_POLICY))
            .or_else(|| own(CREATE_VERSION))
            .or_else(in_place)
    }

    /// Calls after which no boundary holds the role to its targets, and the boundary that it then has.
    fn loosening(&self, role: &RoleArn, on: On) -> Option<(Vec<Witness>, On)> {
        let On::Asked(arn) = &on else { return Some((Vec::new(), on)) };
        match self.limit {
            Limit::More(_) => return Some((Vec::new(), on)),
            Limit::None | Limit::Targets | Limit::Unknown(_) => {}
        }
        let resource = role.to_string();
        let taken_off = || {
            let sentence = "the holder takes the permissions boundary off the role".to_owned();
            Some((self.allowed(DELETE_BOUNDARY, &resource, &boundary(Some(arn)), &sentence)?, On::Nothing))
        };
        let replaced = || {
            let other = On::Everything(self.administrator_access());
            let sentence =
                format!("the holder changes the role's permissions boundary to `{}`", other.arn()?);
            Some((self.allowed(PUT_BOUNDARY, &resource, &boundary(other.arn()), &sentence)?, other))
        };
        let rewritten = || {
            let sentence =
                format!("the holder writes a version of the boundary `{arn}` that allows everything");
            Some((self.allowed(CREATE_VERSION, arn, &[], &sentence)?, On::Everything(arn.clone())))
        };
        let (request, on) = taken_off().or_else(replaced).or_else(rewritten)?;
        Some((vec![request], on))
    }

    /// The role's trust policy names the holder, so that the holder needs no permission, and only a denial keeps the holder
    /// out. It could name anybody else as well.
    fn assumption(&self, role: &RoleArn) -> Option<Witness> {
        let holder = self.holder()?.to_string();
        let trust =
            calls::document(&[json!({"Effect": "Allow", "Principal": {"AWS": holder}, "Action": ASSUME})])?;
        let request = Request {
            principal: self.caller()?,
            action: ASSUME.to_owned(),
            resource: role.to_string(),
            resource_account: None,
            context: Context::new(),
        };
        let layers = Layers { resource: Some(&trust), ..self.layers() };
        let sentence = format!("the holder assumes the role `{role}`");
        (evaluate(&request, &layers).allows == Truth::True).then_some(Witness { request, sentence })
    }

    /// What a session of the role can then do.
    fn use_of(&self, role: &RoleArn, on: &On) -> Option<Witness> {
        match (on, self.limit) {
            (On::Asked(_), Limit::More(witness)) => Some(witness.as_ref().clone()),
            (On::Asked(_), Limit::None | Limit::Targets | Limit::Unknown(_)) => None,
            (On::Nothing | On::Everything(_), _) => match beyond(self.intent, role, None) {
                Proof::Refuted(witness) => Some(*witness),
                Proof::Proved | Proof::Unknown { .. } => None,
            },
        }
    }

    /// The request, if the holder's policies allow it: as it is, or with whatever else an allowed request of its kind has.
    fn allowed(
        &self,
        action: &str,
        resource: &str,
        stated: &[(&str, String)],
        sentence: &str,
    ) -> Option<Witness> {
        let principal = self.caller()?;
        let plain = std::iter::once(Context::new());
        let like = self.steps.examples().filter(|example| example.action == action).map(|example| {
            let mut context = Context::new();
            let besides =
                |key: &ContextKey| [BOUNDARY, POLICY].iter().all(|known| *key != ContextKey::new(known));
            for (key, value) in example.context.iter().filter(|(key, _)| besides(key)) {
                context.set(key.clone(), value.clone());
            }
            context
        });
        plain.chain(like).find_map(|mut context| {
            for (key, value) in stated {
                context.set(*key, value.as_str());
            }
            let request = Request {
                principal: principal.clone(),
                action: action.to_owned(),
                resource: resource.to_owned(),
                resource_account: None,
                context,
            };
            let is_allowed = evaluate(&request, &self.layers()).allows == Truth::True;
            is_allowed.then(|| Witness { request, sentence: sentence.to_owned() })
        })
    }

    fn layers(&self) -> Layers<'_> {
        Layers {
            identity: self.permissions.identity.iter().map(|policy| policy.document).collect(),
            boundary: self.permissions.boundary.as_ref().map(|policy| vec![policy.document]),
            ..Layers::default()
        }
    }

    /// The role whose policies these are; where nobody said which, some role of the account.
    fn holder(&self) -> Option<RoleArn> {
        self.holder.cloned().or_else(|| self.role_named("/", "the-holder"))
    }

    fn caller(&self) -> Option<Principal> {
        Some(Principal::session_of(&self.holder()?, SessionName::example()))
    }

    fn role_named(&self, path: &str, name: &str) -> Option<RoleArn> {
        let RoleArn { partition, account, path: _, name: _ } = &self.intent.role;
        let (path, name): (RolePath, RoleName) = (path.parse().ok()?, name.parse().ok()?);
        Some(RoleArn { partition: partition.clone(), account: account.clone(), path, name })
    }

    fn administrator_access(&self) -> String {
        format!("arn:{}:iam::aws:policy/AdministratorAccess", self.intent.role.partition)
    }

    /// Boundaries that a new role can be given, the loosest first.
    fn boundaries(&self) -> Vec<On> {
        let asked =
            self.intent.boundary.map(|RequiredBoundary { arn, document: _ }| On::Asked(arn.to_owned()));
        [On::Nothing, On::Everything(self.administrator_access())].into_iter().chain(asked).collect()
    }

    /// Roles worth trying: those that the holder looks after, and those that the policies name.
    fn roles(&self) -> Vec<RoleArn> {
        let twin = self.intent.twins.replace('*', "abcdefgh").parse().ok();
        let named = self.steps.examples().filter_map(|example| example.resource.parse().ok());
        let mut roles: Vec<RoleArn> = Vec::new();
        for role in std::iter::once(self.intent.role.clone()).chain(twin).chain(named) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles
    }

    /// Policies worth trying, the role's own first.
    fn policies(&self) -> Vec<String> {
        let own = self.intent.policies.replace('*', &format!("{}-invoke", self.intent.role.name));
        let named = self.steps.examples().map(|example| example.resource.clone());
        let mut policies = vec![own];
        policies.extend(named.filter(|resource| resource.contains(":policy/")));
        policies.dedup();
        policies
    }
}

fn boundary(arn: Option<&str>) -> Vec<(&'static str, String)> {
    arn.map(|arn| (BOUNDARY, arn.to_owned())).into_iter().collect()
}
