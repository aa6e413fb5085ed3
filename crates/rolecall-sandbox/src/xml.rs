//! The XML of the query protocol: `<ActionResponse><ActionResult>…</ActionResult></ActionResponse>`.

use super::service::Service;

/// Elements under construction.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// `<name>text</name>`.
    pub(super) fn text(&mut self, name: &str, text: impl std::fmt::Display) -> &mut Self {
        let text = escape(&text.to_string());
        self.0.push_str(&format!("<{name}>{text}</{name}>"));
        self
    }

    /// `<name>text</name>` where there is one.
    pub(super) fn optional(&mut self, name: &str, text: Option<impl std::fmt::Display>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// `<name>…</name>`, filled by `fill`.
    pub(super) fn node(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.0.push_str(&format!("<{name}>"));
        fill(self);
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// `<name><member>…</member>…</name>`.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.node(name, |list| {
            for item in items {
                list.node("member", |member| fill(member, item));
            }
        })
    }

    /// The whole answer to `action`.
    pub(super) fn response(self, service: Service, action: &str, request_id: &str) -> String {
        format!(
            "<{action}Response xmlns=\"{}\"><{action}Result>{}</{action}Result>\
             <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>",
            namespace(service),
            self.0,
        )
    }

    /// Appends the text of a list member that has no children.
    pub(super) fn raw_text(&mut self, text: &str) {
        self.0.push_str(&escape(text));
    }
}

/// The namespace of a service's answers.
pub(super) fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        Service::Iam
        | Service::Lambda
        | Service::SecretsManager
        | Service::Ssm
        | Service::Organizations
        | Service::CloudWatch
        | Service::AccessAnalyzer => "https://iam.amazonaws.com/doc/2010-05-08/",
    }
}

/// Text that may stand between tags.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
