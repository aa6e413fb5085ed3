//! Live probes of the real role: `sts:AssumeRole` with the caller's own credentials, and what the session may do.
//!
//! What must be comes from the manifest: who is trusted, and with which external ID. A denial to a caller who is never
//! trusted says nothing about Genesys Cloud, and is reported as just that. What AWS should answer comes from the documents
//! that it holds, and an answer that differs from it is a finding of its own.

use super::attempt::Attempt;
use super::claim::ClaimKind;
use super::probe::{Probe, ProbeQuestion, Remark};
use super::steady::{Asking, ProbeError, SteadyAnswer};
use super::{Documents, SESSION, expect, session};
use crate::carry_out::Observer;
use crate::desired::aws::Desired;
use crate::iam::arn::RoleArn;
use crate::iam::principal::Principal;
use crate::observe::aws::observe;
use crate::ports::{AssumeRoleProbe, CallerIdentity, Probe as Prober, ProbeAnswer, Read};
use rolecall_model::stored::StoredDocument;

/// A role's door: who knocks where, and with what leave.
#[derive(Debug)]
pub(super) struct Door<'a> {
    pub(super) role: &'a RoleArn,
    /// Its trust policy.
    pub(super) trust: &'a StoredDocument,
    /// Who knocks.
    pub(super) caller: &'a CallerIdentity,
    /// The most that the session of the right external ID may do; that of another one may do nothing.
    pub(super) session_policy: String,
}

impl Door<'_> {
    /// Makes every attempt.
    pub(super) async fn knock<P: Prober, O: Observer>(
        &self,
        probe: &P,
        attempts: Vec<Attempt>,
        asking: &Asking<'_, O>,
    ) -> Result<Vec<SteadyAnswer<Attempt, P::Session>>, ProbeError> {
        let caller: Option<Principal> = self.caller.arn.parse().ok();
        let questions = attempts.into_iter().map(|attempt| {
            let admits = |caller| expect::admits(self.trust, caller, self.role, attempt.external_id.as_ref());
            let awaited = caller.as_ref().and_then(admits);
            (attempt, awaited)
        });
        let ask = async |attempt: &Attempt| {
            let policy = if attempt.is_right() { &self.session_policy } else { session::NOTHING };
            let (role, external_id) = (self.role.clone(), attempt.external_id.clone());
            let session_policy = policy.to_owned();
            probe.assume_role(&AssumeRoleProbe { role, external_id, duration: SESSION, session_policy }).await
        };
        asking.ask(questions, ask).await
    }
}

/// Probes the role with the caller's own credentials. `documents` are what AWS holds.
pub async fn probe_role<P: Read + Prober, O: Observer>(
    probe: &P,
    caller: &CallerIdentity,
    desired: &Desired,
    documents: &Documents,
    asking: &Asking<'_, O>,
) -> Result<Vec<Probe>, ProbeError> {
    let role = desired.role_arn();
    let principal: Option<Principal> = caller.arn.parse().ok();
    let wanted = |caller| expect::trusts(&desired.role.trust, caller, &role, Some(&desired.external_id));
    let is_trusted = principal.as_ref().and_then(wanted);
    let items = session::invocations(desired);
    let session_policy = session::policy_for(&items);
    let door = Door { role: &role, trust: &documents.trust, caller, session_policy };
    let answers = door.knock(probe, Attempt::usual(&desired.external_id), asking).await?;
    let session = session_of(&answers);
    // Only where AWS kept out a caller that is trusted does it matter what the caller's own side says.
    let kept_back = match (&principal, is_trusted, session) {
        (Some(principal), Some(true), None) => {
            let knock = expect::assumption(principal, &role, Some(&desired.external_id));
            let own = own_policies(probe, caller).await;
            own.is_some_and(|own| expect::keeps_back(&own, &documents.trust, &knock))
        }
        _ => false,
    };
    let standing = Standing { is_trusted, let_in: session.is_some(), kept_back };
    let mut probes: Vec<Probe> =
        answers.iter().map(|answered| of_role(answered, &role, &standing, caller)).collect();
    if let Some(session) = session {
        probes.extend(session::try_all(probe, session, items, documents, &role, asking).await?);
    }
    Ok(probes)
}

/// The session of the right external ID, where AWS gave one.
pub(super) fn session_of<S>(answers: &[SteadyAnswer<Attempt, S>]) -> Option<&S> {
    answers.iter().find_map(|answered| match &answered.probed.answer {
        ProbeAnswer::Allowed(session) if answered.question.is_right() => Some(session),
        ProbeAnswer::Allowed(_) | ProbeAnswer::Denied(_) => None,
    })
}

/// How the caller stands to the role.
struct Standing {
    /// Whether the manifest trusts it; `None` where that cannot be told.
    is_trusted: Option<bool>,
    /// Whether AWS let it in with the correct external ID.
    let_in: bool,
    /// Whether its own policies keep it from asking.
    kept_back: bool,
}

/// The caller's own policies and boundary, where it is a role's session and may read them. What its session policy and its
/// organization take away is not among them, so they can show only that it is kept back.
async fn own_policies<A: Read>(aws: &A, caller: &CallerIdentity) -> Option<Documents> {
    let Ok(Principal::RoleSession { role, .. }) = caller.arn.parse() else { return None };
    let observed = observe(aws, &role, &[]).await.ok()?;
    Documents::observed(&observed, &role)
}

fn of_role<T>(
    answered: &SteadyAnswer<Attempt, T>,
    role: &RoleArn,
    Standing { is_trusted, let_in, kept_back }: &Standing,
    CallerIdentity { arn, .. }: &CallerIdentity,
) -> Probe {
    let attempt = &answered.question;
    let remark = match (attempt.is_right(), is_trusted, &answered.probed.answer) {
        (true, Some(true), ProbeAnswer::Allowed(_)) => Remark::TrustedLetIn,
        (true, Some(true), ProbeAnswer::Denied(_)) if *kept_back => Remark::KeptBack,
        (true, Some(true), ProbeAnswer::Denied(denial)) => Remark::TrustedDenied { denial: denial.clone() },
        (true, Some(false), ProbeAnswer::Allowed(_)) => Remark::UntrustedLetIn,
        (false, _, ProbeAnswer::Allowed(_)) => Remark::LetInAnyway,
        (false, Some(true), ProbeAnswer::Denied(_)) if !let_in => Remark::KeptOutAlways,
        (false, Some(true), ProbeAnswer::Denied(_)) => Remark::TrustedKeptOut,
        (_, Some(false), ProbeAnswer::Denied(_)) => Remark::UntrustedKeptOut,
        (true, None, ProbeAnswer::Allowed(_)) => Remark::UndecidedLetIn,
        (_, None, ProbeAnswer::Denied(_)) => Remark::UndecidedKeptOut,
    };
    let about = match (attempt.is_right(), is_trusted) {
        (true, Some(false)) => ClaimKind::OnlyTrusted,
        (true, Some(true) | None) => ClaimKind::MayAssume,
        (false, _) => ClaimKind::ExternalId,
    };
    let external_id = attempt.external_id.as_ref();
    let request = arn.parse().ok().map(|caller| expect::assumption(&caller, role, external_id));
    Probe::new(about, ProbeQuestion::AssumeRole(attempt.clone()), request, answered, arn, remark)
}
