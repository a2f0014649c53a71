/**
 * The API on two cores, and its worker.
 */
module.exports = {
  apps: [
    {
      name: 'api',
      script: './server.mjs',
      instances: 2,
      exec_mode: 'cluster',
      env: { PORT: 18200, NODE_ENV: 'development' },
      env_production: { NODE_ENV: 'production' },
      max_memory_restart: '300M',
      kill_timeout: 5000,
      listen_timeout: 8000,
      wait_ready: false,
    },
    {
      name: 'worker',
      script: './worker.mjs',
      // two queues, one program
      args: '--queue high --queue low',
      restart_delay: 2000,
      max_restarts: 10,
      min_uptime: '30s',
    },
  ],
};
