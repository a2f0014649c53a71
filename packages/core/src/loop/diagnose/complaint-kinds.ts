/** The table of complaints: a kind and how the common runtimes and libraries word it. */

export const complaintKinds = [
  {
    kind: 'refused',
    patterns: [
      /ECONNREFUSED|ConnectionRefused|ConnectionRefusedError|\[Errno (?:111|61)\]|\(os error 111\)/,
      /(?:connection|connect)\b[^\n]{0,120}\brefused|refused (?:the )?connection/i,
      /actively refused it|Max retries exceeded with url|no connection could be made/i,
      /Cannot connect to host|can't connect to (?:MySQL )?server|Connect call failed/i,
    ],
  },
  {
    kind: 'timeout',
    patterns: [
      /ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w*TIMEOUT|\[Errno 110\]|SocketTimeout|ReadTimeout/,
      /ConnectTimeout|TimeoutError|TimeoutException|Timeout::Error|DEADLINE_EXCEEDED/,
      /context deadline exceeded|i\/o timeout|timed[ -]?out|time-out|timeout (?:of|after|exceeded)/i,
      /no (?:answer|response|reply) (?:from|within|in|after)|(?:query|request|connect) timeout/i,
      /gave up waiting|(?:aborted|cancell?ed) due to timeout/i,
    ],
  },
  {
    kind: 'connect-timeout',
    patterns: [
      /connect ETIMEDOUT|ConnectTimeout|UND_ERR_CONNECT_TIMEOUT|Connect Timeout Error/,
      /dial tcp[^\n]*(?:i\/o timeout|deadline)|\bconnect(?:ion|ing)?\b[^\n]{0,60} timed[ -]?out/i,
      /EHOSTUNREACH|ENETUNREACH|no route to host|network is unreachable|host is unreachable/i,
    ],
  },
  {
    kind: 'reset',
    patterns: [
      /ECONNRESET|ECONNABORTED|EPIPE|ConnectionResetError|ConnectionReset\b|BrokenPipe|\[Errno 104\]/,
      /connection (?:was )?(?:reset|aborted|closed by peer|terminated unexpectedly)|reset by peer/i,
      /socket hang up|broken pipe|unexpected EOF|EOFError|end of file reached|RemoteDisconnected|server closed the connection/i,
      /other side closed|premature(?:ly)? close|connection lost|incomplete(?: |_)read|UND_ERR_SOCKET/i,
      /connection (?:was )?(?:closed|terminated|dropped) (?:by|unexpectedly|before|while)/i,
    ],
  },
  {
    // Somebody that it called failed it, and it does not say how.
    kind: 'call-failed',
    patterns: [
      /fetch failed|failed to fetch|bad gateway|\bnetwork error\b|\bHTTP 50[234]\b/i,
      /\bupstream\b[^\n]{0,40}(?:error|fail|unavailable)|(?:error|fail\w*)[^\n]{0,20}\bupstream\b/i,
    ],
  },
  {
    kind: 'garbled',
    patterns: [
      /protocol error|(?:unexpected|invalid|malformed|unknown) (?:reply|response|answer|packet|frame|byte|opcode|message type|prefix)/i,
      /bad (?:magic|checksum|crc|frame|packet)|Parse Error: |HPE_[A-Z_]+|BadStatusLine|UnicodeDecodeError/,
      /lost sync|out of sync|corrupt(?:ed)? (?:reply|response|packet|data|stream)|UnexpectedReply/i,
    ],
  },
  {
    kind: 'dns',
    patterns: [
      /ENOTFOUND|EAI_AGAIN|EAI_NONAME|gaierror|UnknownHostException|getaddrinfo|NXDOMAIN|SERVFAIL/,
      /could not (?:resolve|translate) host|name or service not known|no such host/i,
      /temporary failure in name resolution|failed to resolve|name resolution|nodename nor servname/i,
      /server misbehaving|dns (?:error|lookup|failure)|unknown host/i,
    ],
  },
  {
    kind: 'tls-expired',
    patterns: [
      /CERT_HAS_EXPIRED|CertificateExpired|certificate (?:has |is )?expired|expired certificate/i,
      /certificate has expired or is not yet valid|NotAfter|sslv3 alert certificate expired/i,
      /CERTIFICATE_VERIFY_FAILED[^\n]*expired/i,
    ],
  },
  {
    kind: 'tls',
    patterns: [
      /certificate[^\n]{0,40}(?:fail|error|invalid|unknown|trust|verif|unable|mismatch|expired)/i,
      /x509: |PKIX|handshake (?:failed|failure|error)|SSL(?:V3|_ERROR|Error| routines)/i,
      /tls: |TLSV1_ALERT|EPROTO|secureConnect/i,
    ],
  },
  {
    kind: 'auth',
    patterns: [
      /(?:password )?authentication failed|WRONGPASS|NOAUTH|Access denied for user|login failed/i,
      /invalid (?:password|credentials|api[ _-]?key|username or password)|bad credentials/i,
      /SQLSTATE\[?28|28P01|SASL[^\n]*(?:fail|invalid)|NOPERM|AuthenticationException/,
      /\b(?:401 Unauthorized|HTTP 401|status(?: code)?[ =:]+401)\b|credentials (?:were )?rejected/i,
    ],
  },
  {
    kind: 'clock',
    patterns: [
      /token (?:is )?(?:not yet valid|used before (?:issued|its nbf))|jwt not active|NotBeforeError/i,
      /ImmatureSignatureError|clock (?:skew|drift|offset|jump)|in the future|RequestTimeTooSkewed/i,
      /iat[^\n]{0,30}future|timestamp[^\n]{0,40}(?:ahead|future|too (?:old|new|far)|outside)/i,
      /certificate is not yet valid|CERT_NOT_YET_VALID|time (?:went|moved) backwards?/i,
    ],
  },
  {
    kind: 'too-many-clients',
    patterns: [
      /too many (?:clients|connections)|remaining connection slots are reserved|53300/i,
      /max(?:imum)? number of clients reached|max_connections[^\n]{0,20}(?:reached|exceeded)|connection limit exceeded/i,
      /sorry, too many|connection limit (?:of )?\d* ?(?:is )?reached|reached its connection limit/i,
      /no (?:free )?(?:connection )?slots? (?:left|available|free)/i,
    ],
  },
  {
    kind: 'pool-wait',
    patterns: [
      /pool (?:acquire |checkout |get )?time(?:d )?[- ]?out|QueuePool limit|PoolTimeout|pool exhausted/i,
      /(?:acquir|wait|obtain|get)\w*[^\n]{0,40}connection[^\n]{0,40}(?:pool|time)/i,
      /connection pool (?:is )?(?:full|exhausted|empty|timed)|HikariPool[^\n]*not available/i,
      /ResourceRequest timed out|no (?:free|idle|available) connections?|could not obtain a connection/i,
      /pool (?:is )?(?:full|empty|drained)|all connections (?:are )?in use/i,
      /wait\w* for (?:an? |the )?(?:free |idle |available |pooled |db |database )*(?:connection|session)/i,
    ],
  },
  {
    kind: 'disk-full',
    patterns: [
      /ENOSPC|no space left on device|\[Errno 28\]|SQLITE_FULL|database or disk is full|disk (?:is )?full/i,
      /EDQUOT|disk quota exceeded|not enough (?:disk )?space|insufficient (?:disk )?space/i,
      /could not (?:extend|write)[^\n]*space/i,
    ],
  },
  {
    kind: 'read-only',
    patterns: [/EROFS|read-only file ?system|\[Errno 30\]|readonly database|SQLITE_READONLY/i],
  },
  {
    kind: 'module',
    patterns: [
      /Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|ModuleNotFoundError|No module named/,
      /ImportError|ClassNotFoundException|NoClassDefFoundError|cannot load such file|LoadError/,
      /cannot find package|package [^\s]+ is not in|Could not find or load main class|Bundler::GemNotFound/i,
      /error while loading shared libraries|unresolved import|FileNotFoundException: Could not load/i,
      /Failed to resolve (?:module|import)|Can't locate [\w/]+\.pm/,
    ],
  },
  {
    kind: 'environment',
    patterns: [
      /(?:missing|required?|undefined|unset|no)\b[^\n]{0,50}\b(?:environment|env)\b[^\n]{0,12}(?:variable|var|setting)?/i,
      /\b(?:environment|env) (?:variable|var)s?\b[^\n]{0,60}(?:missing|required|not (?:set|defined|found)|unset|empty|must be)/i,
      /KeyError: '[A-Z][A-Z0-9_]{2,}'|key not found: "?[A-Z][A-Z0-9_]{2,}|unbound variable|parameter not set/,
      /\b(?!(?:HTTPS?|TLS|SSL|JSON|YAML|PORT)\b)[A-Z][A-Z0-9_]{2,}\b[^\n]{0,24}(?:is (?:required|missing|not set|not defined|unset|undefined)|must be (?:set|given|defined))/,
      /(?:required|missing|needed) (?:variable|setting|parameter)|(?:variable|setting) \S+ (?:is )?(?:missing|not set|unset|required)/i,
    ],
  },
  {
    kind: 'config',
    patterns: [
      /(?:cannot|can't|could not|failed to|unable to|error) (?:parse|parsing|read(?:ing)?|load(?:ing)?|decode)\b[^\n]{0,60}(?:config|settings|\.(?:json|ya?ml|toml|ini|conf|env|properties|xml))/i,
      /(?:invalid|bad|malformed|illegal|broken|unknown) (?:config\w*|settings?|option|directive|value for)/i,
      /config\w*[^\n]{0,40}\b(?:invalid|malformed|wrong|error|corrupt|not valid|failed)/i,
      /Unexpected (?:token|end of)[^\n]*JSON|JSONDecodeError|JSON\.parse|YAMLException|ScannerError/,
      /yaml: |toml: |ParserError|TOMLDecodeError|validation errors? for|ZodError|mapping values are not/i,
      /\bconfig\w*\b[^\n]{0,60}\b(?:missing|required|expected|must be|out of range)/i,
    ],
  },
  {
    kind: 'heap',
    patterns: [
      /heap (?:limit|out of memory|space)|OutOfMemoryError|MemoryError\b|std::bad_alloc|ENOMEM/i,
      /out of memory|cannot allocate memory|memory allocation of \d+ bytes failed|NoMemoryError/i,
      /GC overhead limit|failed to allocate memory/i,
    ],
  },
  {
    kind: 'oom-kill',
    patterns: [/oom[-_ ]?kill|Out of memory: Kill|memory cgroup out of memory|Killed process \d+/i],
  },
  {
    kind: 'files',
    patterns: [
      /EMFILE|ENFILE|too many open files|\[Errno 24\]|file descriptor limit|no more (?:file )?handles/i,
    ],
  },
  {
    kind: 'threads',
    patterns: [
      /can't start new thread|unable to create (?:new )?(?:native )?thread|pthread_create|ThreadError/i,
      /can't create Thread|cannot create (?:worker )?thread|thread pool (?:is )?exhausted|too many threads/i,
      /fork: [^\n]*Resource temporarily|Cannot fork|EAGAIN[^\n]*(?:fork|spawn)|failed to spawn thread/i,
      /newosproc|RejectedExecution/,
    ],
  },
  {
    kind: 'port-taken',
    patterns: [
      /EADDRINUSE|address already in use|\[Errno (?:98|48)\]|AddrInUse|port \d+ (?:is )?(?:already )?(?:in use|taken|allocated)/i,
      /Connection in use|BindException|only one usage of each socket/i,
    ],
  },
  {
    kind: 'lock',
    patterns: [
      /lock (?:wait )?timeout|could not obtain lock|database (?:table )?is locked|SQLITE_(?:BUSY|LOCKED)/i,
      /waiting for [^\n]{0,30}lock|deadlock (?:detected|found)|blocked by (?:session|pid|process|transaction)/i,
      /55P03|40P01|canceling statement due to|LockNotAvailable|lock contention/i,
    ],
  },
  {
    kind: 'deadlock',
    patterns: [/\bdead-?lock(?:ed)?\b|all goroutines are asleep|Found one Java-level deadlock/i],
  },
  {
    kind: 'version',
    patterns: [
      /(?:version|protocol|schema|config\w*)[^\n]{0,40}\b(?:mismatch|differs?|incompatible|unsupported|does not match|not supported)/i,
      /(?:incompatible|unsupported|mismatch\w*|unexpected|wrong)[^\n]{0,40}(?:version|protocol|schema)/i,
      /peer (?:speaks|expects|has|wants)[^\n]{0,40}v?\d[^\n]{0,30}(?:\bwe\b|\bours?\b|!=|expect|\bbut\b|\bnot\b)/i,
    ],
  },
  {
    kind: 'exec-missing',
    patterns: [
      /command not found|: not found\b|spawn(?:Sync)? \S+ ENOENT|executable file not found|No such file or directory - \S+$/i,
      /is not recognized as|cannot execute|bad interpreter|interpreter[^\n]{0,40}(?:missing|not found|unavailable)/i,
      /FileNotFoundError: \[Errno 2\][^\n]*: '[^/'.]+'$|Cannot run program|exec(?:vp|ve)?[^\n]{0,30}(?:failed|ENOENT)/i,
      /exit(?:ed)?(?: with)?(?: code| status)?:? 127\b/i,
    ],
  },
  {
    kind: 'silent-peer',
    patterns: [
      /(?:pong|heartbeat|keep-?alive|ack|echo)s?\b[^\n]{0,40}(?:late|age|overdue|missing|missed|stale|lost|timeout|old|not received|none)/i,
      /(?:no|missed|missing|late|stale|without)\b[^\n]{0,16}\b(?:pong|heartbeat|ping|ack|data|message)s?\b/i,
      /half[- ]open|stale (?:connection|link|peer)|link is (?:up|established) but/i,
      /\b(?:silent|mute|quiet|unresponsive) (?:for|since)\b|\b(?:heard|received) nothing\b|\bnothing (?:heard|received|comes back)\b/i,
      /\b(?:peer|other side|remote|partner|far end)\b[^\n]{0,20}\b(?:silent|quiet|mute|unresponsive|not respond\w*|gone quiet)/i,
    ],
  },
  {
    kind: 'handshake',
    patterns: [
      /(?:reconnect|re-connect|handshake|upgrad)\w*|client (?:connected|joined)|new (?:websocket|client|session)/i,
      /websocket (?:open|connect)\w*|\b101\b[^\n]{0,20}switching/i,
    ],
  },
  {
    kind: 'overload',
    patterns: [
      /\b(?:HTTP|status(?: ?code)?)[ =:"]{1,3}429\b|\b(?:429 )?(?:too many requests|rate limit\w*|overload\w*|load shed\w*|shedding|queue (?:is )?full)\b/i,
      /back-?pressure|server (?:is )?(?:too )?busy|circuit (?:breaker )?(?:is )?open|retry storm/i,
      /RESOURCE_EXHAUSTED|503 Service Unavailable/,
    ],
  },
  {
    kind: 'retry',
    patterns: [/\bretr(?:y|ies|ying|ied)\b|attempt \d+(?:\/| of )\d+|\battempt #?\d+/i],
  },
  {
    kind: 'slow',
    patterns: [
      /slow (?:query|request|response|statement|log)|took \d+(?:\.\d+)? ?m?s|duration: \d{4,}/i,
      /latency[^\n]{0,20}(?:high|exceed|above)|statement timeout/i,
    ],
  },
  {
    kind: 'event-loop',
    patterns: [
      /event[- ]?loop (?:is )?(?:block\w*|lag\w*|delay\w*|stall\w*)|blocked for \d+|Executing <Task[^\n]*took/i,
      /thread blocked|main thread[^\n]{0,20}(?:block|stall|stuck)/i,
    ],
  },
] as const satisfies readonly Readonly<{ kind: string; patterns: readonly RegExp[] }>[];

export type ComplaintKind = (typeof complaintKinds)[number]['kind'];
