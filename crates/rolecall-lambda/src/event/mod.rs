//! Calls that CloudTrail recorded, as EventBridge delivers them: a change of a role, its policies or its functions starts
//! the check of the manifests that describe them.
//!
//! - An event is only ever a reason to look: what is said of a role is what the check found, as on a schedule.
//! - Whoever made the call, the role is checked. A session's name and a program's name are chosen by the caller, so neither
//!   keeps an event from being checked. If the call was rolecall's own and all is well, nothing is said.
//! - No loop: the function changes nothing in AWS, and a call that only reads starts no check.
//! - Deliberately absent: repair. The function's role may not write to IAM, and nothing here needs it to.
//!
//! EventBridge delivers an event at least once. A second delivery makes the same check again, with the same finding; its
//! message has the same ID of CloudTrail's.

mod call;
pub(crate) mod told;

use std::time::Duration;

use anyhow::{Context as _, bail};
use rolecall::connect::Loaded;
use rolecall::iam::arn::{AccountId, Region};
use rolecall::operations::Level;
use serde_json::{Value, json};
use tokio::time::timeout;

pub(crate) use self::call::Call;
use self::call::{Meaning, Service};
use crate::check::{Check, Look};
use crate::manifests::Manifests;
use crate::publish::Publish;
use crate::{Invocation, log};

/// A call, and the manifests that it may be about.
pub(crate) struct Watch {
    pub(crate) call: Call,
    pub(crate) look: Look,
    pub(crate) manifests: Manifests,
    /// The region of functions that the manifest gives none.
    pub(crate) region: Option<Region>,
    /// The longest wait for one thing.
    pub(crate) deadline: Duration,
    pub(crate) publish: Option<Publish>,
}

/// How the roles are looked at. What lets others past the role to a function stands at the function, and only `verify` reads that.
pub(crate) fn look(call: &Call) -> Look {
    match call.service {
        Service::Lambda if !call.is_about_existence() => Look::Verify(Level::Live),
        Service::Iam | Service::Lambda | Service::Sts => Look::Drift { metrics_hours: None },
    }
}

impl Watch {
    /// Checks what the call is about, and tells others as a scheduled check does.
    pub(crate) async fn run(self, invocation: &Invocation) -> anyhow::Result<Value> {
        let meaning = self.call.meaning();
        if let Meaning::Nothing(reason) = meaning {
            return Ok(self.ignored(reason));
        }
        let home: AccountId = invocation.function.account.parse().context("the function's own account")?;
        // Half of the time is for the check.
        let opened = timeout(invocation.left() / 2, self.manifests.open_each(&invocation.connections)).await;
        let opened = opened.context("the manifests could not be read in half of the function's time")?;
        let (mut concerned, mut unread) = (Vec::new(), Vec::new());
        for result in opened {
            match result {
                Ok(loaded) if self.call.is_about(&loaded.manifest, &home) => concerned.push(loaded),
                Ok(_) => {}
                Err(error) => unread.push(format!("{error:#}")),
            }
        }
        let answer = if concerned.is_empty() {
            self.ignored("no manifest that could be read describes what the call names")
        } else {
            match meaning {
                Meaning::Changes => self.checked(&concerned, invocation).await?,
                Meaning::Assumes => self.assumed(&concerned, invocation).await?,
                Meaning::Nothing(reason) => self.ignored(reason),
            }
        };
        // Whether the call was about their roles, nobody knows. The others had their turn.
        if !unread.is_empty() {
            bail!(
                "{}: the roles of some manifests were not checked. {}",
                told::line(&self.call),
                unread.join("\n")
            );
        }
        Ok(answer)
    }

    async fn checked(&self, concerned: &[Loaded], invocation: &Invocation) -> anyhow::Result<Value> {
        let manifests = self.manifests.only(&concerned.iter().map(|it| it.name.as_str()).collect::<Vec<_>>());
        let names = manifests.names().collect::<Vec<_>>().join(", ");
        log::watched(&self.call.id, &told::line(&self.call), &names);
        let check = Check {
            look: self.look,
            manifests,
            region: self.region.clone(),
            deadline: self.deadline,
            publish: self.publish.clone(),
            actions: Vec::new(),
            call: Some(self.call.clone()),
        };
        let report = check.run(invocation).await?;
        Ok(json!({"event": told::json(&self.call), "report": report}))
    }

    /// Nothing has changed, so nothing is checked: it is the session itself that is told.
    async fn assumed(&self, concerned: &[Loaded], invocation: &Invocation) -> anyhow::Result<Value> {
        let strange = |loaded: &&Loaded| !self.call.is_by_a_trusted_principal(&loaded.manifest);
        let strange: Vec<&Loaded> = concerned.iter().filter(strange).collect();
        if strange.is_empty() {
            return Ok(self.ignored("the manifest trusts who assumed the role"));
        }
        let mut failures = Vec::new();
        for Loaded { name, manifest, .. } in &strange {
            log::assumed(&self.call.id, &told::line(&self.call), name);
            if let Some(publish) = &self.publish {
                let (subject, text) =
                    (told::assumed_subject(&self.call, manifest), told::assumed(&self.call, name, manifest));
                failures.extend(publish.tell_topic(&subject, &text, invocation).await.err());
            }
        }
        let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
        anyhow::ensure!(failures.is_empty(), "{}", failures.join("; "));
        let names: Vec<&str> = strange.iter().map(|loaded| loaded.name.as_str()).collect();
        Ok(json!({"event": told::json(&self.call), "assumed": names}))
    }

    fn ignored(&self, reason: &str) -> Value {
        log::ignored(&self.call.id, &told::line(&self.call), reason);
        json!({"event": told::json(&self.call), "ignored": reason})
    }
}
