"""Whatever Web Sites was recorded to say, and was told, is modelled completely."""

from xml.etree import ElementTree as ET

from doubles.recordings import CORPORA, exchanges, recorded
from recorded.test_sql_databases import canonical

from asyncsm.wire import website_metrics, websites

RECORDINGS = recorded("web_sites/*.json", CORPORA[:1]) + recorded("websites/*.json", CORPORA[2:])
REPLIES = {
    model.root_name(): model
    for model in (
        website_metrics.MetricDefinitions,
        website_metrics.MetricResponses,
        websites.DnsSuffix,
        websites.GeoRegions,
        websites.HostNameAvailability,
        websites.ListedNames,
        websites.PublishData,
        websites.RepositoryUri,
        websites.ServerFarm,
        websites.ServerFarms,
        websites.Site,
        websites.Sites,
        websites.WebSiteError,
        websites.WebSpace,
        websites.WebSpaces,
    )
}
REQUESTS = {"POST": websites.CreateSite, "PUT": websites.UpdateSite}


def test_documents_lose_nothing(conversation):
    """A document has no element its model does not know, and is written as it was read."""
    for exchange in exchanges(conversation):
        if "/webspaces" not in exchange.path.lower():
            continue
        pairs = [(exchange.request_body, REQUESTS.get(exchange.method))]
        if exchange.response_body.startswith(b"<"):
            root = ET.fromstring(exchange.response_body).tag.rpartition("}")[2]
            pairs.append((exchange.response_body, REPLIES[root]))
        for body, model in pairs:
            if body and model:
                document = model.from_xml(body, strict=True)
                assert canonical(document.to_xml()) == canonical(body), str(exchange)
