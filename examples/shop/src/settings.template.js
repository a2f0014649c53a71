// Written by Fettle before each start of web: where the browser finds the feed.
globalThis.shop = { feed: '${FEED_URL}'.replace('http', 'ws') + '/feed' };
