//! Proves what AWS holds, and asks AWS itself, as far as the level says.

use futures_util::FutureExt as _;
use tokio::join;

use super::actions::ActionsError;
use super::beside::Beside;
use super::context::{AwsPorts, Context, GenesysPorts};
use crate::carry_out::{Absent, Applied, Made, Observer, Writers, carry_out};
use crate::drift::Deed;
use crate::observe::aws::Part;
use crate::observe::function_sides::Extent;
use crate::observe::survey::{Open, Survey, SurveyError, ask_account};
use crate::plan::Plan;
use crate::verify::analysers::BilledChecks;
use crate::verify::finding::disagreements;
use crate::verify::functions::judge_alone;
use crate::verify::live::probe_role;
use crate::verify::note::{Note, Untested};
use crate::verify::second::SecondOpinions;
use crate::verify::steady::{Asking, Freshness, ProbeError};
use crate::verify::twin::sweep::plan_sweep;
use crate::verify::twin::{examine, witnesses};
use crate::verify::{Documents, Verification, explain, of_what_exists, paper, without_role};
use rolecall_model::patience::Interrupt;

/// How far a verification goes. Each level does what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The proof of the documents.
    Paper,
    /// Probes with the caller's own credentials.
    Live,
    /// Probes of a throw-away copy of the role that trusts the caller.
    Twin,
    /// Tests of the data actions, which invoke functions for real. Makes no twin.
    Genesys,
}

/// A verification that is asked for.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// How far it goes.
    pub level: Level,
    /// Whether checks are made that AWS bills.
    pub billed: BilledChecks,
    /// Whether the policy of every version of a function is read, however many there are.
    pub exhaustive: bool,
    /// Whether each answer comes with its reasons.
    pub explain: bool,
    /// Ends waits.
    pub interrupt: Interrupt,
}

/// What was verified.
#[derive(Debug)]
pub struct Verified {
    /// AWS as it is, and as it should be.
    pub survey: Survey,
    /// The documents that were proved; `None` where there is no role.
    pub documents: Option<Documents>,
    /// What was proved and what AWS answered.
    pub verification: Verification,
    /// What to do now in AWS.
    pub to_do: Vec<Deed>,
}

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// AWS could not be read, or what should be there could not be worked out.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// AWS was not asked to the end.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The actions could not be tested.
    #[error(transparent)]
    Actions(#[from] ActionsError),
}

/// What was left open and keeps the verification from being one: the role itself, what is not about AWS, and who asks, where somebody
/// asks. Everything else is undecided in the claims.
fn keeps_from_verifying(survey: &Survey, level: Level) -> Option<&SurveyError> {
    let keeps = |open: &&Open| match (&open.why, open.part) {
        (SurveyError::Aws(_), Part::Role) => true,
        (SurveyError::Aws(error), Part::Permissions | Part::Targets | Part::Comparison) => {
            level > Level::Paper && error.operation == "sts:GetCallerIdentity"
        }
        (
            SurveyError::WrongAccount(_)
            | SurveyError::TargetsMissing(_)
            | SurveyError::NoBoundary { .. }
            | SurveyError::NameTaken { .. }
            | SurveyError::Desired(_),
            _,
        ) => true,
    };
    survey.open.iter().find(keeps).map(|open| &open.why)
}

impl<A: AwsPorts, G: GenesysPorts> Context<A, G> {
    /// Reads AWS, proves what it holds, and asks it.
    pub async fn verify(
        &self,
        request: &VerifyRequest,
        observer: &impl Observer,
    ) -> Result<Verified, Beside<VerifyError>> {
        // Four calls a function and more: worth it where AWS is asked for more than the documents.
        let extent = match (request.level, request.exhaustive) {
            (Level::Paper, false) => Extent::Named,
            (Level::Live | Level::Twin | Level::Genesys, false) => Extent::Recent,
            (Level::Paper | Level::Live | Level::Twin | Level::Genesys, true) => Extent::Everything,
        };
        let look = self.look_to(extent).await.map_err(Beside::alone)?;
        if let Some(why) = keeps_from_verifying(look.survey(), request.level) {
            return Err(Beside::new(why.clone(), self.found_in_aws(look.survey())));
        }
        let survey = look.survey().clone();
        let documents = Documents::surveyed(&survey);
        let (level, interrupt) = (request.level, &request.interrupt);
        let (verification, second) = join!(
            self.verify_survey(&survey, level, Freshness::Unchanged, interrupt, observer).boxed_local(),
            self.second_opinions(&survey, documents.as_ref(), request).boxed_local(),
        );
        let mut verification = verification
            .map_err(|error| Beside { error, found: Some(Box::new(self.found_in_aws(&survey))) })?;
        if let Some(second) = &second {
            second.add_to(&mut verification, &survey);
        }
        if let (true, Some(documents)) = (request.explain, &documents) {
            explain(&mut verification, documents, &survey.desired);
        }
        let to_do = self.to_do_in_aws(&survey);
        Ok(Verified { survey, documents, verification, to_do })
    }

    /// What AWS's analysers and the organization say; at the level of paper nobody is asked.
    async fn second_opinions(
        &self,
        survey: &Survey,
        documents: Option<&Documents>,
        request: &VerifyRequest,
    ) -> Option<SecondOpinions> {
        // Without the role there is nothing to have an opinion on.
        let documents = documents?;
        match request.level {
            Level::Paper => None,
            Level::Live | Level::Twin | Level::Genesys => {
                Some(SecondOpinions::ask(&self.aws, documents.clone(), &survey.desired, request.billed).await)
            }
        }
    }

    /// The proof of what AWS held when the survey was made, and what AWS itself answers.
    pub async fn verify_survey(
        &self,
        survey: &Survey,
        level: Level,
        freshness: Freshness,
        interrupt: &Interrupt,
        observer: &impl Observer,
    ) -> Result<Verification, VerifyError> {
        let Some(documents) = Documents::surveyed(survey) else {
            let claims = without_role(survey);
            let notes = match level {
                Level::Paper | Level::Live | Level::Twin => Vec::new(),
                Level::Genesys => vec![Note::NoActionTested(Untested::NoRole)],
            };
            let mut verification = judge_alone(survey);
            verification.claims.splice(..0, claims);
            verification.notes.extend(notes);
            return Ok(verification);
        };
        let mut verification = paper(&documents, survey);
        if level == Level::Paper {
            return Ok(verification);
        }
        let (caller, deadline, survey) = (&survey.observed.caller, self.deadline, of_what_exists(survey));
        let asking = Asking { freshness, deadline, interrupt: interrupt.clone(), observer };
        // By an ARN that is not a role's nobody is let in, whatever the documents say.
        match survey.elsewhere() {
            None => {
                verification.probes =
                    probe_role(&self.aws, caller, &survey.desired, &documents, &asking).await?;
            }
            Some(_) => verification.notes.push(Note::NotProbed { role: survey.found_arn() }),
        }
        for note in &mut verification.notes {
            if let Note::FormsNotRead { names_command } = note {
                *names_command = false;
            }
        }
        match level {
            Level::Paper | Level::Live => {}
            Level::Twin => {
                let trusted = self.manifest.party.trusted_account();
                let witnesses = witnesses(&verification.claims);
                let examined = examine(&self.aws, &survey, &documents, trusted, &witnesses, &asking);
                verification.twin = Some(examined.boxed_local().await);
            }
            Level::Genesys => {
                verification.actions =
                    self.test_actions(freshness, interrupt, observer).boxed_local().await?;
                if verification.actions.is_empty() {
                    verification.notes.push(Note::NoActionTested(match self.manifest.genesys_manager() {
                        None => Untested::NotInManifest,
                        Some(_) => Untested::NotInGenesys,
                    }));
                }
            }
        }
        let disagreements = disagreements(verification.all_probes());
        verification.findings.extend(disagreements);
        Ok(verification)
    }

    /// Removes every twin of the role that was left behind: what there was to do, and how far it got.
    pub async fn sweep(
        &self,
        interrupt: &Interrupt,
        observer: &impl Observer,
    ) -> Result<(Plan, Applied), SurveyError> {
        let role = &self.manifest.role;
        ask_account(&self.manifest.access, &self.aws).await?;
        let plan = plan_sweep(&self.aws, &role.name, &role.path).await?;
        let writers = Writers { aws: &self.aws, genesys: Absent };
        let applied = carry_out(&plan, &writers, &Made::default(), self.deadline, interrupt, observer).await;
        Ok((plan, applied))
    }
}
