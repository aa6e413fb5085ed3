//! Live probes: `sts:AssumeRole` with the caller's own credentials, and Lambda `DryRun` with the session it gives.
//!
//! What must be comes from the manifest: who is trusted, and with which external ID. A denial to a caller who is never
//! trusted says nothing about Genesys Cloud, and is reported as just that. AWS enforces a change only after some seconds
//! (IAM User Guide, "Changes that I make are not always immediately visible"), so an expected success is waited for, and
//! so is the end of an unexpected success where the role was changed a moment ago.

use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::{Instant, sleep};

use crate::iam::arn::{ExternalId, FunctionArn, FunctionName};
use crate::iam::context::Context;
use crate::iam::document::Document;
use crate::iam::evaluate::{Decision, Request, evaluate_trust};
use crate::iam::principal::Principal;
use crate::ports::{AssumeRoleProbe, AwsErrorKind, AwsResult, CallerIdentity, Probe, ProbeAnswer};
use crate::provision::apply::{Interrupt, Progress};
use crate::provision::desired::Desired;
use crate::report::{ProbeView, Shows};

/// The shortest session that STS gives.
const SESSION: Duration = Duration::from_secs(900);
/// The most that a probe's session may do: what the role is for.
const SESSION_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}"#;
/// AWS may let an old answer through for about a minute after a change.
const STALE_ANSWERS: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether the role was changed just before the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It was not: AWS's first answer counts.
    Unchanged,
    /// It was: old answers are possible.
    JustChanged,
}

/// Which external ID a probe sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Right,
    Absent,
    Wrong,
}

impl Attempt {
    const ALL: [Self; 3] = [Self::Right, Self::Absent, Self::Wrong];

    fn external_id(self, right: &ExternalId) -> Option<ExternalId> {
        match self {
            Self::Right => Some(right.clone()),
            Self::Absent => None,
            Self::Wrong => Some(wrong(right)),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Right => "sts:AssumeRole with the right external ID",
            Self::Absent => "sts:AssumeRole without an external ID",
            Self::Wrong => "sts:AssumeRole with a wrong external ID",
        }
    }
}

/// Another ID of the same length and characters: the last letter or digit is another one.
fn wrong(right: &ExternalId) -> ExternalId {
    let mut characters: Vec<char> = right.as_str().chars().collect();
    if let Some(last) = characters.iter_mut().rev().find(|character| character.is_ascii_alphanumeric()) {
        *last = if *last == '0' { '1' } else { '0' };
    } else {
        characters.push('0');
    }
    characters.into_iter().collect::<String>().parse().unwrap_or_else(|_| right.clone())
}

struct Prober<'a, P, R> {
    probe: &'a P,
    caller: &'a CallerIdentity,
    desired: &'a Desired,
    freshness: Freshness,
    deadline: Duration,
    interrupt: Interrupt,
    progress: &'a mut R,
}

/// Probes the role with the caller's own credentials.
pub async fn probe_role<P: Probe, R: Progress>(
    probe: &P,
    caller: &CallerIdentity,
    desired: &Desired,
    freshness: Freshness,
    deadline: Duration,
    interrupt: Interrupt,
    progress: &mut R,
) -> AwsResult<Vec<ProbeView>> {
    let mut prober = Prober { probe, caller, desired, freshness, deadline, interrupt, progress };
    let is_trusted = prober.wanted(Attempt::Right);
    let mut answers = prober.knock().await?;
    let mut views = Vec::new();
    for (attempt, answer) in Attempt::ALL.into_iter().zip(&mut answers) {
        prober.wait_for(attempt, answer, prober.wanted(attempt)).await?;
        views.push(view(attempt, is_trusted, answer, caller));
    }
    let [right, ..] = answers;
    if let ProbeAnswer::Allowed(session) = right {
        views.extend(prober.invoke(&session).await?);
    }
    Ok(views)
}

impl<P: Probe, R: Progress> Prober<'_, P, R> {
    /// Whether the manifest's own trust policy lets this caller in; `None` where that cannot be told.
    fn wanted(&self, attempt: Attempt) -> Option<bool> {
        let principal: Principal = self.caller.arn.parse().ok()?;
        let mut context = Context::new();
        if let Some(id) = attempt.external_id(&self.desired.external_id) {
            context.set("sts:ExternalId", id.to_string());
        }
        let request = Request {
            principal,
            action: "sts:AssumeRole".to_owned(),
            resource: self.desired.role_arn().to_string(),
            resource_account: Some(self.desired.home.account.clone()),
            context,
        };
        let trust = Document::parse(&self.desired.role.trust).ok()?;
        match evaluate_trust(&request, &trust).decision {
            Decision::Allowed => Some(true),
            Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => Some(false),
            Decision::Unknown => None,
        }
    }

    async fn assume(&self, attempt: Attempt) -> AwsResult<ProbeAnswer<P::Session>> {
        let probe = AssumeRoleProbe {
            role: self.desired.role_arn(),
            external_id: attempt.external_id(&self.desired.external_id),
            duration: SESSION,
            session_policy: SESSION_POLICY.to_owned(),
        };
        self.probe.assume_role(&probe).await
    }

    /// All attempts, side by side.
    async fn knock(&self) -> AwsResult<[ProbeAnswer<P::Session>; 3]> {
        let [right, absent, wrong] = Attempt::ALL.map(|attempt| self.assume(attempt));
        let (right, absent, wrong) = tokio::try_join!(right, absent, wrong)?;
        Ok([right, absent, wrong])
    }

    /// Tries again while AWS may not have seen the last change: a success that must come is waited for until the
    /// deadline, a success that must not be is given the time in which answers may be stale.
    async fn wait_for(
        &mut self,
        attempt: Attempt,
        answer: &mut ProbeAnswer<P::Session>,
        wanted: Option<bool>,
    ) -> AwsResult<()> {
        let is_wanted =
            |answer: &_| wanted.is_none_or(|wanted| wanted == matches!(answer, ProbeAnswer::Allowed(_)));
        let patience = match (self.freshness, attempt) {
            (Freshness::Unchanged, _) => Duration::ZERO,
            (Freshness::JustChanged, Attempt::Right) => self.deadline,
            (Freshness::JustChanged, Attempt::Absent | Attempt::Wrong) => self.deadline.min(STALE_ANSWERS),
        };
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        while !is_wanted(answer) && start.elapsed() + pause <= patience && !*self.interrupt.borrow() {
            self.progress.waiting("AWS to enforce the changes", start.elapsed());
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.interrupt.wait_for(|stop| *stop) => {}
            }
            *answer = self.assume(attempt).await?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    /// What the session may invoke: each target, and nothing beside it.
    async fn invoke(&self, session: &P::Session) -> AwsResult<Vec<ProbeView>> {
        let sibling =
            self.desired.targets.first().and_then(|target| sibling_of(target, &self.desired.targets));
        let targets = self.desired.targets.iter().map(|target| (target.clone(), true));
        let probes = targets.chain(sibling.map(|sibling| (sibling, false)));
        try_join_all(probes.map(async |(function, expected)| {
            let answer = match self.probe.invoke_dry_run(session, &function).await {
                Ok(answer) => answer,
                // Lambda answers this only to a caller that it has let through; no function of that name exists.
                Err(error) if error.kind == AwsErrorKind::NotFound => ProbeAnswer::Allowed(()),
                Err(error) => return Err(error),
            };
            Ok(invoke_view(&function, expected, &answer))
        }))
        .await
    }
}

/// A function beside the targets, which the session must not be able to invoke.
fn sibling_of(target: &FunctionArn, targets: &[FunctionArn]) -> Option<FunctionArn> {
    const ENDINGS: [&str; 2] = ["-rolecall-sibling", "0"];
    let names = ENDINGS.iter().filter_map(|ending| {
        // A name has 64 characters at most, so a long one is cut before it is changed.
        let room = 64usize.checked_sub(ending.len())?;
        format!("{}{ending}", target.name.as_str().get(..room).unwrap_or(target.name.as_str()))
            .parse::<FunctionName>()
            .ok()
    });
    let sibling = |name| FunctionArn { name, qualifier: None, ..target.clone() };
    names.map(sibling).find(|sibling| targets.iter().all(|target| target.name != sibling.name))
}

fn view<T>(
    attempt: Attempt,
    is_trusted: Option<bool>,
    answer: &ProbeAnswer<T>,
    CallerIdentity { arn, .. }: &CallerIdentity,
) -> ProbeView {
    let (shows, message) = match (attempt, is_trusted, answer) {
        (Attempt::Right, Some(true), ProbeAnswer::Allowed(_)) => {
            (Shows::Confirms, format!("AWS let the probe principal in ({arn})"))
        }
        (Attempt::Right, Some(true), ProbeAnswer::Denied(text)) => (
            Shows::Refutes,
            format!(
                "the manifest trusts {arn}, but AWS denied it: {text}; the trust policy, a deny among the caller's own \
                 policies, its permissions boundary or an organisation policy would explain it"
            ),
        ),
        (Attempt::Right, Some(false), ProbeAnswer::Allowed(_)) => {
            (Shows::Refutes, format!("the manifest does not trust {arn}, but AWS let it in"))
        }
        (Attempt::Absent, _, ProbeAnswer::Allowed(_)) => {
            (Shows::Refutes, format!("AWS let {arn} in without an external ID"))
        }
        (Attempt::Wrong, _, ProbeAnswer::Allowed(_)) => {
            (Shows::Refutes, format!("AWS let {arn} in with an external ID that is not the organisation's"))
        }
        (Attempt::Absent | Attempt::Wrong, Some(true), ProbeAnswer::Denied(_)) => {
            (Shows::Confirms, format!("AWS kept out even the probe principal ({arn})"))
        }
        (_, Some(false), ProbeAnswer::Denied(_)) => (
            Shows::NoInformation,
            format!(
                "not assumable by us ({arn}), as it should be; what Genesys Cloud can do, this does not show"
            ),
        ),
        (Attempt::Right, None, ProbeAnswer::Allowed(_)) => (
            Shows::NoInformation,
            format!("AWS let {arn} in; whether the manifest trusts it could not be told"),
        ),
        (_, None, ProbeAnswer::Denied(_)) => (
            Shows::NoInformation,
            format!("AWS kept {arn} out; whether the manifest trusts it could not be told"),
        ),
    };
    ProbeView { probe: attempt.describe().to_owned(), answer: answer_text(answer).to_owned(), shows, message }
}

fn invoke_view(function: &FunctionArn, expected: bool, answer: &ProbeAnswer<()>) -> ProbeView {
    let (shows, message) = match (expected, answer) {
        (true, ProbeAnswer::Allowed(())) => (Shows::Confirms, "the session may invoke the target".to_owned()),
        (false, ProbeAnswer::Denied(_)) => {
            (Shows::Confirms, "the session may not invoke a function beside the targets".to_owned())
        }
        (true, ProbeAnswer::Denied(text)) => (
            Shows::Refutes,
            format!("the session must be able to invoke the target, but AWS denied it: {text}"),
        ),
        (false, ProbeAnswer::Allowed(())) => (
            Shows::Refutes,
            "the session must not be able to invoke a function beside the targets".to_owned(),
        ),
    };
    let probe = format!("DryRun of {function}");
    ProbeView { probe, answer: answer_text(answer).to_owned(), shows, message }
}

fn answer_text<T>(answer: &ProbeAnswer<T>) -> &'static str {
    match answer {
        ProbeAnswer::Allowed(_) => "allowed",
        ProbeAnswer::Denied(_) => "denied",
    }
}
