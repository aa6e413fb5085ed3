//! A twin: a throw-away copy of the role that trusts us where the role trusts Genesys Cloud, so that AWS itself says what
//! Genesys Cloud could do.
//!
//! The role is never touched. A twin is made only after its removal was rehearsed: each write that will remove it is
//! sent for the name that does not exist yet, and "no such entity" proves that it is permitted, where a denial stops
//! everything. Whatever happens after the first write, the removal is carried out, by an interrupt that never fires.
//! What a crash leaves behind, [`sweep`] finds by name and tag.

mod draft;
pub mod sweep;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::draft::DraftError;
use self::draft::{Draft, random_ending, undoing};
use super::attempt::Attempt;
use super::claim::{Claim, ClaimKind};
use super::live::{Door, session_of};
use super::probe::{AwsAnswer, CallTrace, Probe, ProbeQuestion, Remark};
use super::steady::{Asking, Freshness, ProbeError, SteadyAnswer};
use super::{Documents, expect, session};
use crate::carry_out::{
    Absent, Applied, Event, Failure, LOOKING, Made, Observer, SPREADING, Writers, carry_out,
};
use crate::iam::arn::{AccountId, ExternalId, RoleArn};
use crate::iam::context::{ContextKey, ContextValue};
use crate::iam::evaluate::Request;
use crate::iam::principal::Principal;
use crate::observe::survey::Survey;
use crate::plan::{Change, Plan, Way, aws};
use crate::ports::{AwsError, AwsErrorKind, CallerIdentity, Probe as Prober, ProbeAnswer, Read, Write};
use rolecall_model::limit;
use rolecall_model::patience::{Interrupt, Patience};
use rolecall_model::stored::StoredDocument;

/// Why AWS was not asked everything.
#[derive(Debug, thiserror::Error)]
pub enum TwinError {
    /// The role can have no twin, or not with this caller.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// A write that would remove the twin is not permitted, or was not answered.
    #[error("no twin was created, because rolecall might not be able to delete it: {0}")]
    CannotRemove(Failure),
    /// A write that makes the twin failed.
    #[error("could not create the twin: {0}")]
    Make(Failure),
    /// The twin was made, but not everything was asked.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The user interrupted.
    #[error("interrupted before the twin was examined")]
    Interrupted,
}

impl TwinError {
    /// The failed call, if that was it.
    pub fn aws(&self) -> Option<&AwsError> {
        match self {
            Self::CannotRemove(failure) | Self::Make(failure) => failure.aws(),
            Self::Probe(ProbeError::Aws(error)) => Some(error),
            Self::Draft(_) | Self::Probe(ProbeError::Interrupted) | Self::Interrupted => None,
        }
    }

    /// Whether AWS or the role does not permit it, as opposed to something that went wrong.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Draft(_) => true,
            Self::CannotRemove(_) | Self::Make(_) | Self::Probe(_) | Self::Interrupted => {
                self.aws().is_some_and(|error| error.kind == AwsErrorKind::AccessDenied)
            }
        }
    }
}

/// The twin could not be removed, or AWS does not show that it was.
#[derive(Debug, thiserror::Error)]
#[error("twin `{role}` was left behind: {reason}")]
pub struct LeftBehind {
    /// Its ARN.
    pub role: RoleArn,
    /// What went wrong.
    pub reason: String,
}

/// What came of a twin.
#[derive(Debug, Default)]
pub struct Examined {
    /// Its ARN, once it was made.
    pub role: Option<RoleArn>,
    /// What AWS answered.
    pub probes: Vec<Probe>,
    /// Why it was not asked everything.
    pub stopped: Option<TwinError>,
    /// Where it is still there.
    pub left_behind: Option<LeftBehind>,
}

impl Examined {
    /// What became of the twin.
    pub fn outcome(&self) -> TwinOutcome {
        match (&self.stopped, &self.left_behind) {
            (_, Some(_)) => TwinOutcome::LeftBehind,
            (Some(error), None) if error.is_refusal() => TwinOutcome::Refused,
            (Some(_), None) => TwinOutcome::Failed,
            (None, None) => TwinOutcome::Finished,
        }
    }
}

/// What became of the examination of a twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TwinOutcome {
    /// Everything was asked, and the twin is gone.
    Finished,
    /// A permission is missing, so the twin was not created or not every probe was sent; nothing is left of it.
    Refused,
    /// Something went wrong; nothing is left of it.
    Failed,
    /// It could not be removed.
    LeftBehind,
}

/// The external IDs by which the proof refuted a claim: AWS is asked about these too.
pub fn witnesses(claims: &[Claim]) -> Vec<ExternalId> {
    let requests = claims.iter().filter_map(Claim::request);
    let assumptions = requests.filter(|request| request.action.eq_ignore_ascii_case("sts:AssumeRole"));
    let key = ContextKey::new("sts:ExternalId");
    let ids = assumptions.filter_map(|request| match request.context.get(&key)? {
        ContextValue::One(id) => id.parse().ok(),
        ContextValue::Absent | ContextValue::Many(_) => None,
    });
    ids.collect()
}

/// Makes a twin of the role, asks AWS about it and removes it. `genesys` is the account that the role should trust;
/// `witnesses` are external IDs by which the proof refuted a claim.
pub async fn examine<A: Read + Write + Prober, O: Observer>(
    aws: &A,
    survey: &Survey,
    documents: &Documents,
    genesys: &AccountId,
    witnesses: &[ExternalId],
    asking: &Asking<'_, O>,
) -> Examined {
    let ending = random_ending();
    let draft = match Draft::new(survey, genesys, &ending, Timestamp::now()) {
        Ok(draft) => draft,
        Err(error) => return Examined { stopped: Some(error.into()), ..Examined::default() },
    };
    if let Some(failure) = rehearse(aws, &undoing(draft.making.changes(), survey), asking).await {
        return Examined { stopped: Some(TwinError::CannotRemove(failure)), ..Examined::default() };
    }
    let made = write(&draft.making.clone().into(), aws, &asking.interrupt, asking).await;
    let is_made = made.is_complete();
    let failed = made.failed.iter().map(|(change, _)| change);
    // A write that failed may have been carried out all the same, its answer lost.
    let removal = undoing(made.done.iter().chain(failed).filter_map(of_aws), survey);
    let mut examined = Examined::default();
    if removal.changes().next().is_none() {
        examined.stopped = Some(TwinError::Interrupted);
        return examined;
    }
    examined.role = Some(draft.role.clone());
    match made.failed.into_iter().next() {
        Some((_, failure)) => examined.stopped = Some(TwinError::Make(failure)),
        None if !is_made => examined.stopped = Some(TwinError::Interrupted),
        None => {
            let asked = tokio::select! {
                asked = ask(aws, survey, documents, genesys, &draft, witnesses, asking, &mut examined.probes) => asked,
                () = asking.interrupt.raised() => Err(TwinError::Interrupted),
            };
            examined.stopped = asked.err();
        }
    }
    examined.left_behind =
        limit::cleaning_up(remove(aws, &removal, &draft.role, asking).boxed_local()).await.err();
    examined
}

/// Writes of a twin go to AWS alone.
async fn write<W: Read + Write, O: Observer>(
    plan: &Plan,
    writer: &W,
    interrupt: &Interrupt,
    asking: &Asking<'_, O>,
) -> Applied {
    let writers = Writers { aws: writer, genesys: Absent };
    carry_out(plan, &writers, &Made::default(), asking.deadline, interrupt, asking.observer).await
}

fn of_aws(change: &Change) -> Option<&aws::Change> {
    match change {
        Change::Aws(change) => Some(change),
        Change::Genesys(_) => None,
    }
}

/// Sends each write of the removal for what does not exist yet, side by side.
async fn rehearse<W: Read + Write, O: Observer>(
    writer: &W,
    removal: &Way,
    asking: &Asking<'_, O>,
) -> Option<Failure> {
    let silent = asking.told_to(&());
    let attempts = removal.changes().map(async |change| {
        let one = Way::from(vec![change.clone()]).into();
        write(&one, writer, &silent.interrupt, &silent).await
    });
    let failed = join_all(attempts).await.into_iter().flat_map(|applied| applied.failed);
    failed.map(|(_, failure)| failure).next()
}

/// Removes the twin, whatever the user does meanwhile, and reads back that it is gone.
async fn remove<A: Read + Write, O: Observer>(
    aws: &A,
    removal: &Way,
    role: &RoleArn,
    asking: &Asking<'_, O>,
) -> Result<(), LeftBehind> {
    let left_behind = |reason: String| LeftBehind { role: role.clone(), reason };
    let never = Interrupt::never();
    let applied = write(&removal.clone().into(), aws, &never, asking).await;
    if let Some((change, failure)) = applied.failed.first() {
        return Err(left_behind(failure.of(change)));
    }
    let told = |awaited: &str, waited| asking.observer.observe(Event::Waiting { awaited, waited });
    let patience = Patience { deadline: asking.deadline, interrupt: never, told: &told };
    let settled =
        patience.settle(LOOKING, SPREADING, async || aws.role(&role.name).await, Option::is_none).await;
    match settled {
        Ok(settled) if !settled.is_settled => Err(left_behind("AWS still shows it".to_owned())),
        // AWS has confirmed the deletion; reading is only for the case that it took another role's absence for it.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Everything that the twin is made for. What was answered is kept even where a later call fails.
#[expect(clippy::too_many_arguments, reason = "the parts of one examination, taken apart by the only caller")]
async fn ask<P: Prober, O: Observer>(
    probe: &P,
    survey: &Survey,
    documents: &Documents,
    genesys: &AccountId,
    draft: &Draft,
    witnesses: &[ExternalId],
    asking: &Asking<'_, O>,
    probes: &mut Vec<Probe>,
) -> Result<(), TwinError> {
    let Survey { desired, observed, .. } = survey;
    let asking = &asking.of(Freshness::JustChanged);
    let mut items = session::invocations(desired);
    items.extend(session::canaries(desired));
    let session_policy = session::policy_for(&items);
    let caller = &observed.caller;
    let door = Door { role: &draft.role, trust: &draft.trust, caller, session_policy };
    let answers = door.knock(probe, Attempt::thorough(&desired.external_id, witnesses), asking).await?;
    let role = desired.role_arn();
    let replaced = replaced(&draft.replaced, genesys, &role);
    let original = |attempt: &Attempt| answer_to_genesys(&documents.trust, &replaced, &role, attempt);
    let request = |attempt: &Attempt| {
        let principal = replaced.first()?;
        Some(expect::assumption(principal, &role, attempt.external_id.as_ref()))
    };
    let let_in = session_of(&answers).is_some();
    probes.extend(answers.iter().map(|answered| {
        let attempt = &answered.question;
        of_twin(answered, original(attempt), let_in, request(attempt), caller)
    }));
    if let Some(session) = session_of(&answers) {
        let tried = session::try_all(probe, session, items, documents, &draft.role, asking);
        let (identity, tried) = tokio::join!(identity(probe, session), tried);
        probes.push(identity?);
        probes.extend(tried?);
    }
    Ok(())
}

/// Whom the caller stands in for; anybody of Genesys Cloud where the trust policy names nobody of it.
fn replaced(named: &[Principal], genesys: &AccountId, role: &RoleArn) -> Vec<Principal> {
    match named {
        [] => format!("arn:{}:iam::{genesys}:role/anybody", role.partition).parse().into_iter().collect(),
        named => named.to_vec(),
    }
}

/// What the role's own trust policy says to those whom the caller stands in for.
fn answer_to_genesys(
    trust: &StoredDocument,
    principals: &[Principal],
    role: &RoleArn,
    attempt: &Attempt,
) -> Option<bool> {
    let answers = principals.iter().map(|it| expect::trusts(trust, it, role, attempt.external_id.as_ref()));
    let answers: Vec<Option<bool>> = answers.collect();
    match answers.contains(&Some(true)) {
        true => Some(true),
        false => answers.into_iter().collect::<Option<Vec<_>>>().map(|_| false),
    }
}

/// `original` is what the role's own trust policy says to Genesys Cloud; `let_in` is whether the right external ID opens the
/// twin, without which a denial shows nothing.
fn of_twin<T>(
    answered: &SteadyAnswer<Attempt, T>,
    original: Option<bool>,
    let_in: bool,
    request: Option<Request>,
    CallerIdentity { arn, .. }: &CallerIdentity,
) -> Probe {
    let attempt = &answered.question;
    let remark = match (attempt.is_right(), &answered.probed.answer) {
        _ if original.is_none() || original != answered.awaited => Remark::AsksForMore,
        (true, ProbeAnswer::Allowed(_)) => Remark::StandInLetIn,
        (false, ProbeAnswer::Denied(_)) if !let_in => Remark::KeptOutAlways,
        (false, ProbeAnswer::Denied(_)) => Remark::StandInKeptOut,
        (false, ProbeAnswer::Allowed(_)) => Remark::StandInLetInAnyway,
        (true, ProbeAnswer::Denied(denial)) if original == Some(true) => {
            Remark::StandInKeptBack { denial: denial.clone() }
        }
        (true, ProbeAnswer::Denied(denial)) => Remark::StandInDenied { denial: denial.clone() },
    };
    let about = if attempt.is_right() { ClaimKind::MayAssume } else { ClaimKind::ExternalId };
    Probe::new(about, ProbeQuestion::AssumeRole(attempt.clone()), request, answered, arn, remark)
}

/// Nothing can deny `sts:GetCallerIdentity`; it shows whose answers the others are.
async fn identity<P: Prober>(prober: &P, session: &P::Session) -> Result<Probe, ProbeError> {
    let probed = prober.session_identity(session).await?;
    let principal = P::principal(session);
    let (answer, remark) = match &probed.answer {
        ProbeAnswer::Allowed(identity) if identity.arn == principal => (AwsAnswer::Allowed, Remark::AskedAs),
        ProbeAnswer::Allowed(identity) => {
            (AwsAnswer::Allowed, Remark::TakenFor { identity: identity.arn.clone() })
        }
        ProbeAnswer::Denied(denial) => (AwsAnswer::Denied, Remark::NotNamed { denial: denial.clone() }),
    };
    Ok(Probe {
        about: None,
        question: ProbeQuestion::Identity,
        answer,
        expected: Some(AwsAnswer::Allowed),
        remark,
        // Nothing in the documents could change the answer.
        request: None,
        explanation: None,
        times: 1,
        trace: CallTrace {
            principal: principal.to_owned(),
            request_id: probed.request_id.clone(),
            at: probed.at,
        },
    })
}

#[cfg(test)]
mod tests {
    use crate::iam::document::Document;
    use crate::iam::prove::{RoleIntent, prove_trust};

    use super::*;

    #[test]
    fn the_ids_of_counterexamples_are_those_of_the_requests() {
        let trust = Document::parse(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
                "Principal":{"AWS":"arn:aws:iam::765628985471:root"},
                "Condition":{"StringLike":{"sts:ExternalId":"5f6b-*"}}}}"#,
        )
        .unwrap();
        let right: ExternalId = "5f6b-00".parse().unwrap();
        let intent = RoleIntent {
            trusted: vec!["arn:aws:iam::765628985471:root".parse().unwrap()],
            external_id: Some(right.clone()),
            ..RoleIntent::default()
        };
        let claims: Vec<Claim> = prove_trust(&trust, &intent).into_iter().map(Claim::from).collect();
        let ids = witnesses(&claims);
        assert!(!ids.is_empty());
        assert!(ids.iter().all(|id| *id != right && id.as_str().starts_with("5f6b-")), "{ids:?}");
    }
}
