module.exports = {
  apps: [
    { name: 'api', script: 'app.py', interpreter: 'python3', interpreter_args: '-u', env: { PORT: '18220' } },
    { name: 'jobs', script: 'worker.mjs', node_args: ['--max-old-space-size=128'], autorestart: true },
    { name: 'migrate', script: 'job.mjs', autorestart: false },
    { name: 'nightly', script: 'job.mjs', autorestart: false, cron_restart: '0 3 * * *' },
  ],
};
