// One app, no list
module.exports = { name: 'only', script: 'server.mjs', env: { PORT: 18280 }, kill_signal: 'SIGTERM' };
