//! Which steps a holder can take: each is decided for every request.

use serde_json::Value;

use super::calls::{
    self, ATTACH, CREATE_POLICY, CREATE_ROLE, CREATE_VERSION, DELETE_BOUNDARY, PUT_BOUNDARY, PUT_POLICY,
    SET_VERSION,
};
use super::{Limit, ProvisioningIntent, RequiredBoundary};
use crate::arn::RoleArn;
use crate::evaluate::Request;
use crate::pattern::Pattern;
use crate::prove::answer::Proof;
use crate::prove::claim::{NamedDocument, Permissions};
use crate::prove::session::Session;

/// Whether a step can be taken.
#[derive(Debug)]
pub(super) enum Step {
    /// By no request.
    Never,
    /// By this one, for example.
    Can(Box<Request>),
    /// It could not be decided.
    Perhaps(Vec<String>),
}

impl Step {
    fn of(proof: Proof) -> Self {
        match proof {
            Proof::Proved => Self::Never,
            Proof::Refuted(witness) => Self::Can(Box::new(witness.request)),
            Proof::Unknown { reasons } => Self::Perhaps(reasons),
        }
    }

    fn is_possible(&self) -> bool {
        match self {
            Self::Never => false,
            Self::Can(_) | Self::Perhaps(_) => true,
        }
    }

    /// Why it counts, where it can be taken.
    fn reasons(&self, so_what: &str) -> Vec<String> {
        match self {
            Self::Never => Vec::new(),
            Self::Can(request) => {
                vec![format!("the holder can call `{}` on `{}`: {so_what}", request.action, request.resource)]
            }
            Self::Perhaps(reasons) => reasons.clone(),
        }
    }

    fn example(&self) -> Option<&Request> {
        match self {
            Self::Can(request) => Some(request),
            Self::Never | Self::Perhaps(_) => None,
        }
    }
}

/// The steps of every chain.
#[derive(Debug)]
pub(super) struct Steps {
    /// Anything that is neither a read nor about the role, its twins or their policies.
    elsewhere: Step,
    /// To create a role without the boundary.
    create_loose: Step,
    /// To take the boundary off a role, or to put another one in its place.
    loosen: [Step; 2],
    /// To write a policy into a role that does not have the boundary.
    put_loose: Step,
    /// To attach a policy that the holder wrote, or that is not the role's, to a role that does not have the boundary.
    attach_loose: Step,
    /// The same to any role.
    put: Step,
    attach: Step,
    /// To change what a policy of the role allows.
    rewrite: [Step; 2],
    /// To create a policy of the role.
    create_policy: Step,
    /// Whether the boundary is one of the role's policies.
    boundary_is_own: bool,
}

impl Steps {
    pub(super) fn find(
        permissions: &Permissions<'_>,
        holder: Option<&RoleArn>,
        intent: &ProvisioningIntent<'_>,
        limit: &Limit,
    ) -> Self {
        let asker = Asker { permissions, holder };
        let role = intent.role.to_string();
        let policies = intent.policies.as_str();
        let boundary = intent.boundary.map(|RequiredBoundary { arn, document: _ }| arn);
        // A boundary that may let more through holds nobody.
        let held = boundary.filter(|_| limit.is_tight());
        let under = |action| held.map(|arn| calls::under(arn, action)).into_iter().collect::<Vec<Value>>();
        let kept: Vec<Value> = boundary.map(|arn| calls::under(arn, PUT_BOUNDARY)).into_iter().collect();
        let rewrite = [CREATE_VERSION, SET_VERSION].map(|action| asker.ask(action, policies, &[]));
        let create_policy = asker.ask(CREATE_POLICY, policies, &[]);
        let makes_policies = rewrite.iter().chain([&create_policy]).any(Step::is_possible);
        // Policies that the holder cannot write allow nothing but the targets.
        let harmless =
            || (!makes_policies).then(|| calls::attaching(policies)).into_iter().collect::<Vec<Value>>();
        Self {
            elsewhere: asker
                .anything(&calls::everything_that_is_looked_at(&[&role, &intent.twins], policies), intent),
            create_loose: asker.ask(CREATE_ROLE, "*", &under(CREATE_ROLE)),
            loosen: [asker.ask(DELETE_BOUNDARY, "*", &[]), asker.ask(PUT_BOUNDARY, "*", &kept)],
            put_loose: asker.ask(PUT_POLICY, "*", &under(PUT_POLICY)),
            attach_loose: asker.ask(ATTACH, "*", &[under(ATTACH), harmless()].concat()),
            put: asker.ask(PUT_POLICY, "*", &[]),
            attach: asker.ask(ATTACH, "*", &harmless()),
            rewrite,
            create_policy,
            boundary_is_own: boundary.is_some_and(|arn| Pattern::like(policies).matches(arn)),
        }
    }

    /// Why it is not proved that no chain leads beyond the targets; empty where it is.
    pub(super) fn open(&self, limit: &Limit) -> Vec<String> {
        let mut reasons =
            self.elsewhere.reasons("that is neither a read nor about the role, its twins or their policies");
        // Others may have given the role more, which the boundary keeps from counting.
        reasons.extend(
            self.loosen.iter().flat_map(|step| step.reasons("the boundary does not stay on the role")),
        );
        let widening = "what the role allows is the holder's choice";
        match limit {
            Limit::Targets => {
                if self.boundary_is_own {
                    let writes = self.rewrite.iter().chain([&self.create_policy]);
                    reasons.extend(
                        writes.flat_map(|step| step.reasons("the boundary is one of these policies")),
                    );
                }
                if self.create_loose.is_possible()
                    && (self.put_loose.is_possible() || self.attach_loose.is_possible())
                {
                    reasons.extend(self.create_loose.reasons("that role has no boundary, or another one"));
                }
            }
            // With nothing that holds the roles, what they allow must not be the holder's choice.
            Limit::None | Limit::More(_) | Limit::Unknown(_) => {
                let widen = [&self.put, &self.attach].into_iter().chain(&self.rewrite);
                let open: Vec<String> = widen.flat_map(|step| step.reasons(widening)).collect();
                match limit {
                    Limit::Unknown(why) if !open.is_empty() => reasons.extend(why.iter().cloned()),
                    Limit::None | Limit::Targets | Limit::More(_) | Limit::Unknown(_) => reasons.extend(open),
                }
            }
        }
        reasons
    }

    /// Requests that are allowed: what they are about, and what else they need, is worth trying in a chain.
    pub(super) fn examples(&self) -> impl Iterator<Item = &Request> {
        let Self {
            elsewhere,
            create_loose,
            loosen,
            put_loose,
            attach_loose,
            put,
            attach,
            rewrite,
            create_policy,
            boundary_is_own: _,
        } = self;
        [elsewhere, create_loose, put_loose, attach_loose, put, attach, create_policy]
            .into_iter()
            .chain(loosen)
            .chain(rewrite)
            .filter_map(Step::example)
    }
}

/// Puts questions about every request.
struct Asker<'a, 'd> {
    permissions: &'a Permissions<'d>,
    holder: Option<&'a RoleArn>,
}

impl Asker<'_, '_> {
    /// Whether the holder can call an action on a resource, but for what these statements deny.
    fn ask(&self, action: &str, resource: &str, but: &[Value]) -> Step {
        self.with(but, |session| session.prove_refused(action, resource))
    }

    /// Whether the holder can do anything but what these statements deny, and but invoke the targets.
    fn anything(&self, but: &[Value], intent: &ProvisioningIntent<'_>) -> Step {
        let targets: Vec<String> = intent.targets.iter().map(ToString::to_string).collect();
        self.with(but, |session| session.proves_only(&targets))
    }

    fn with(&self, but: &[Value], prove: impl FnOnce(&Session<'_>) -> Proof) -> Step {
        let Some(but) = calls::document(but) else {
            return Step::Perhaps(vec!["an ARN of the role is none that a policy can name".to_owned()]);
        };
        let mut permissions = self.permissions.clone();
        permissions.identity.push(NamedDocument { name: "what is looked at elsewhere", document: &but });
        Step::of(prove(&Session::new(&permissions, self.holder)))
    }
}
