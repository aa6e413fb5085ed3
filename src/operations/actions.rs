//! Tests data actions: Genesys Cloud assumes the role and invokes the function, for real. Where that fails, what AWS and Genesys
//! Cloud hold says why.

use std::time::Duration;

use serde_json::{Map, Value};

use super::context::{AwsPorts, Context, Counterpart, GenesysPorts};
use crate::carry_out::{Event, Observer};
use crate::drift;
use crate::observe::survey::{MissingTarget, Survey, SurveyError, survey};
use crate::ports::FunctionAddress;
use crate::ports::genesys::{ActionRecord, GenesysError, Stage};
use crate::verify::action_test::{ActionTest, NotRun, TestEnd};
use crate::verify::explain_error::{Diagnosis, Facts, explain};
use crate::verify::organization;
use crate::verify::steady::Freshness;
use rolecall_model::patience::{Interrupt, Pace, Patience};

/// How long IAM may take until a new role or policy counts everywhere, and how long until it is asked again.
const SPREADING: Duration = Duration::from_secs(30);
const PACE: Pace = Pace::steady(2_000);

/// Why actions were not tested.
#[derive(Debug, thiserror::Error)]
pub enum ActionsError {
    /// AWS could not be read, or what should be there could not be worked out.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// Genesys Cloud could not be asked.
    #[error(transparent)]
    Genesys(#[from] GenesysError),
    /// Genesys Cloud could not be read.
    #[error("cannot read Genesys Cloud")]
    Unread(#[source] GenesysError),
}

impl<A: AwsPorts, G: GenesysPorts> Context<A, G> {
    /// Runs every action of the manifest that has an input for it.
    pub async fn test_actions(
        &self,
        freshness: Freshness,
        interrupt: &Interrupt,
        observer: &impl Observer,
    ) -> Result<Vec<ActionTest>, ActionsError> {
        let Some(Counterpart { sources, .. }) = &self.genesys else { return Ok(Vec::new()) };
        let survey = self.survey().await?;
        let observed =
            self.observe_genesys(&survey.desired.role_arn()).await.map_err(ActionsError::Unread)?;
        let published = || observed.iter().flat_map(|observed| &observed.integrations);
        let deadline = match freshness {
            Freshness::JustChanged => SPREADING.min(self.deadline),
            Freshness::Unchanged => Duration::ZERO,
        };
        let told = |awaited: &str, waited| observer.observe(Event::Waiting { awaited, waited });
        let patience = Patience { deadline, interrupt: interrupt.clone(), told: &told };
        let missing = self.manifest.genesys_manager().map_or(NotRun::NoAction, NotRun::MissingElsewhere);
        let mut tests = Vec::new();
        for (named, sources) in self.manifest.actions.iter().zip(sources) {
            let all = published().flat_map(|known| &known.actions);
            let known: Vec<&ActionRecord> = all.filter(|action| action.name == named.name).collect();
            // rolecall's own integration has a second one for a moment at most, while it is being replaced.
            let is_one = known.len() == 1 || self.manifest.genesys_manager().is_none();
            tests.push(match (known.first(), &sources.test_input) {
                (None, _) => ActionTest::not_run(&named.name, missing),
                (Some(_), _) if !is_one => ActionTest::not_run(&named.name, NotRun::Several),
                (Some(_), None) => ActionTest::not_run(&named.name, NotRun::NoInput),
                (Some(action), Some(input)) => self.test_action(action, input, &patience).await?,
            });
        }
        if self.manifest.genesys_manager().is_some() && self.manifest.actions.is_empty() {
            // A test invokes a function for real: nobody but its owner knows an input that does no harm.
            let theirs = published().flat_map(|known| &known.actions);
            tests.extend(theirs.map(|action| ActionTest::not_run(&action.name, NotRun::NotInManifest)));
        }
        Ok(tests)
    }

    /// Runs these actions, each with its input. One that rolecall's integrations do not have was not run, and says so.
    pub async fn test_named(
        &self,
        asked: &[(String, Map<String, Value>)],
        interrupt: &Interrupt,
        observer: &impl Observer,
    ) -> Result<Vec<ActionTest>, ActionsError> {
        let survey = self.survey().await?;
        let observed =
            self.observe_genesys(&survey.desired.role_arn()).await.map_err(ActionsError::Unread)?;
        let published = || observed.iter().flat_map(|observed| &observed.integrations);
        let told = |awaited: &str, waited| observer.observe(Event::Waiting { awaited, waited });
        let patience = Patience { deadline: Duration::ZERO, interrupt: interrupt.clone(), told: &told };
        let mut tests = Vec::new();
        for (name, input) in asked {
            let known = published().flat_map(|known| &known.actions).find(|action| action.name == *name);
            tests.push(match known {
                None => ActionTest::not_run(name, NotRun::NoAction),
                Some(action) => self.test_action(action, input, &patience).await?,
            });
        }
        Ok(tests)
    }

    /// Runs the action, and says why it failed where it does.
    pub async fn test_action(
        &self,
        action: &ActionRecord,
        input: &Map<String, Value>,
        patience: &Patience<'_>,
    ) -> Result<ActionTest, ActionsError> {
        let mut test = self.run_action(action, input, patience).await?;
        if let TestEnd::Failed { cause, .. } = &test.end {
            let diagnosis = self.diagnose(cause.as_deref().unwrap_or_default()).await?;
            test.explain(diagnosis, &self.manifest);
        }
        Ok(test)
    }

    /// The most likely causes why an action failed, by what both services hold now.
    pub async fn diagnose(&self, cause: &str) -> Result<Diagnosis, ActionsError> {
        let mut explained = self.explain_error(cause).await?.1;
        let gaps = self.survey().await?;
        if let Some(genesys) = self.survey_genesys(&gaps).await.map_err(ActionsError::Unread)? {
            let differences = genesys.drift().map(|(_, differences)| differences);
            explained.add(drift::causes(differences.unwrap_or_default()));
        }
        Ok(explained)
    }

    /// The most likely causes of an error text, by what AWS holds now.
    pub async fn explain_error(&self, text: &str) -> Result<(Survey, Diagnosis), SurveyError> {
        let (survey, missing) = self.look().await?;
        let organization = organization::read(&self.aws, &survey.desired.home.account).await;
        let facts = Facts { survey: &survey, missing: &missing, organization: &organization };
        let diagnosis = explain(text, &facts);
        Ok((survey, diagnosis))
    }

    /// The survey, of the targets that are there; and those that are not.
    async fn look(&self) -> Result<(Survey, Vec<MissingTarget>), SurveyError> {
        let Self { manifest, external_id, templates, addresses, aws, .. } = self;
        let found = survey(manifest, external_id, templates, addresses, aws).await?;
        let missing = found.missing.clone();
        if missing.is_empty() {
            return Ok((found, missing));
        }
        let is_there = |address: &&FunctionAddress| missing.iter().all(|target| target.address != **address);
        let there: Vec<FunctionAddress> = addresses.iter().filter(is_there).cloned().collect();
        Ok((survey(manifest, external_id, templates, &there, aws).await?, missing))
    }
}

impl<A, G: GenesysPorts> Context<A, G> {
    /// Runs the action, and says how it ended: nothing is asked of AWS.
    pub async fn run_action(
        &self,
        action: &ActionRecord,
        input: &Map<String, Value>,
        patience: &Patience<'_>,
    ) -> Result<ActionTest, ActionsError> {
        let Some(Counterpart { client, .. }) = &self.genesys else {
            return Ok(ActionTest::not_run(&action.name, NotRun::NoAction));
        };
        let run = async || {
            let result = client.test_action(&action.id, Stage::Published, input).await?;
            Ok::<_, GenesysError>(ActionTest::new(&action.name, &action.id, result))
        };
        // IAM needs a while to spread what was just written; what AWS denied did not run, so it can be tried again.
        let awaited = "AWS to enforce the changes";
        Ok(patience.settle(PACE, awaited, run, |test| !test.was_denied()).await?.seen)
    }
}
