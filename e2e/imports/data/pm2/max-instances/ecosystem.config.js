module.exports = {
  apps: [
    { name: 'all', script: 'worker.mjs', instances: 'max', exec_mode: 'cluster_mode' },
    { name: 'rest', script: 'worker.mjs', instances: -1, exec_mode: 'cluster' },
    {
      name: 'ports',
      script: 'server.mjs',
      instances: 3,
      increment_var: 'PORT',
      env: { PORT: 18270 },
      exp_backoff_restart_delay: 100,
    },
  ],
};
