const path = require('node:path');

const production = process.env.NODE_ENV === 'production';
const service = (name, file, more = {}) => ({
  name,
  script: path.join(__dirname, file),
  cwd: __dirname,
  autorestart: true,
  max_memory_restart: production ? '1G' : '256M',
  log_date_format: 'YYYY-MM-DD HH:mm Z',
  ...more,
});

module.exports = {
  apps: [
    service('gateway', 'server.mjs', { env: { PORT: 18290 } }),
    service('orders', 'server.mjs', { env: { PORT: 18291 } }),
    service('search', 'worker.mjs', { stop_exit_codes: [0], shutdown_with_message: true }),
  ],
};
