/** The public API of the site: view models to pages, badges and the feed. It loads no chart library. */
export { type FeedEntryView, renderAtomFeed } from './atom-feed.js';
export { type BadgeTone, renderBadge } from './badge.js';
export { renderSiteIndex } from './render-index.js';
export { renderBoardPage, renderRunList, renderSearchPage } from './render-lists.js';
export { renderRunPage } from './render-run.js';
export { renderSamplesPage } from './render-samples.js';
export { renderSuitePage } from './render-suite.js';
export type * from './site-views.js';
