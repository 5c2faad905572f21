"""What the server does in one step, as Lua; each script is all or nothing and holds no clock."""

PREFIX = "perpdesk:{inbox}"
"""Of every key; the braces keep them together in a cluster."""

GROUP = "node"
"""The consumer group and its one consumer: which node that is, the lease says."""

_COMMON = """
local prefix = KEYS[1]
local stream, lease, epoch = prefix .. ':stream', prefix .. ':lease', prefix .. ':epoch'
local all, ended = prefix .. ':all', prefix .. ':ended'
local function alert(key) return prefix .. ':alert:' .. key end
local function steps(key) return prefix .. ':steps:' .. key end
local function in_state(state) return prefix .. ':state:' .. state end
local function seen(strategy) return prefix .. ':seen:' .. strategy end
local function drop(sequence)
  redis.call('XACK', stream, 'node', sequence .. '-0')
  redis.call('XDEL', stream, sequence .. '-0')
end
-- A lease that ran out while nobody else took the alerts is taken up again.
local function holds(token, of_epoch, lease_ms)
  local owner = redis.call('GET', lease)
  if owner then return owner == token end
  if redis.call('GET', epoch) ~= of_epoch then return false end
  redis.call('SET', lease, token, 'PX', lease_ms)
  return true
end
"""

PUT = (
    _COMMON
    + """
local undecided_max = tonumber(ARGV[1])
local function put(key, digest, strategy, body, received_ns, expires_ns, state, outcome, ended_ms,
  step)
  local known = redis.call('HMGET', alert(key), 'digest', 'outcome')
  if known[1] then
    return {known[1] == digest and 'duplicate' or 'conflict', known[2]}
  end
  if state == 'received' then
    local undecided = redis.call('ZCARD', in_state('received'))
      + redis.call('ZCARD', in_state('delivered'))
    if undecided >= undecided_max then return {'full', ''} end
  end
  local sequence = redis.call('INCR', prefix .. ':sequence')
  redis.call('HSET', alert(key), 'sequence', sequence, 'digest', digest, 'strategy', strategy,
    'body', body, 'received_ns', received_ns, 'expires_ns', expires_ns, 'state', state,
    'outcome', outcome, 'deliveries', 0)
  redis.call('ZADD', all, sequence, key)
  redis.call('ZADD', in_state(state), sequence, key)
  if state == 'received' then
    redis.call('XADD', stream, sequence .. '-0', 'key', key)
  else
    redis.call('ZADD', ended, ended_ms, key)
    redis.call('ZADD', seen(strategy), sequence, key)
    redis.call('RPUSH', steps(key), step)
  end
  return {'accepted', outcome}
end
local answers = {}
for at = 2, #ARGV, 10 do table.insert(answers, put(unpack(ARGV, at, at + 9))) end
return answers
"""
)
"""Store alerts, or say what is there under their keys."""

OPEN = (
    _COMMON
    + """
local token, lease_ms = unpack(ARGV)
if not redis.call('SET', lease, token, 'NX', 'PX', lease_ms) then
  return {'busy', redis.call('GET', lease), redis.call('PTTL', lease)}
end
local mine = redis.call('INCR', epoch)
redis.pcall('XGROUP', 'CREATE', stream, 'node', '0', 'MKSTREAM')
return {'open', tostring(mine), tonumber(redis.call('GET', prefix .. ':sequence') or 0)}
"""
)
"""Take the lease, or say who has it and for how many milliseconds."""

RENEW = (
    _COMMON
    + """
local token, of_epoch, lease_ms = unpack(ARGV)
if not holds(token, of_epoch, lease_ms) then return 'lost' end
redis.call('PEXPIRE', lease, lease_ms)
return 'held'
"""
)
"""Keep the lease for as long again."""

RELEASE = (
    _COMMON
    + """
if redis.call('GET', lease) == ARGV[1] then redis.call('DEL', lease) end
return 'released'
"""
)
"""Give the lease back, if it is still ours."""

TAKE = (
    _COMMON
    + """
local token, of_epoch, lease_ms, after, limit = unpack(ARGV)
if not holds(token, of_epoch, lease_ms) then return {'lost'} end
local function read(from)
  local found = redis.call('XREADGROUP', 'GROUP', 'node', 'node', 'COUNT', limit, 'STREAMS',
    stream, from)
  return found and found[1][2] or {}
end
-- First what this node, one before it, or a call whose answer was lost has taken and not decided.
local messages = read(after .. '-0')
if #messages == 0 then messages = read('>') end
local taken = {'taken'}
for _, message in ipairs(messages) do
  local key = message[2] and message[2][2]
  local row = key and redis.call('HMGET', alert(key), 'sequence', 'body', 'received_ns',
    'expires_ns', 'outcome', 'deliveries', 'state')
  if row and (row[7] == 'received' or row[7] == 'delivered') then
    row[7] = nil
    table.insert(taken, row)
  else
    drop(string.match(message[1], '^%d+'))
  end
end
return taken
"""
)
"""Return undecided alerts after a sequence, pending ones first."""

RECORD = (
    _COMMON
    + """
local token, of_epoch, lease_ms = ARGV[1], ARGV[2], ARGV[3]
if token ~= '' and not holds(token, of_epoch, lease_ms) then return 'lost' end
for at = 4, #ARGV, 7 do
  local key, step, is_delivery, to, from, outcome, ended_ms = unpack(ARGV, at, at + 6)
  local known = redis.call('HMGET', alert(key), 'state', 'sequence', 'strategy')
  local state, sequence, strategy = unpack(known)
  if state then
    redis.call('RPUSH', steps(key), step)
    if is_delivery == '1' then redis.call('HINCRBY', alert(key), 'deliveries', 1) end
    if to ~= '' and string.find(from, ',' .. state .. ',', 1, true) then
      redis.call('HSET', alert(key), 'state', to, 'outcome', outcome)
      redis.call('ZREM', in_state(state), key)
      redis.call('ZADD', in_state(to), sequence, key)
      redis.call('ZADD', seen(strategy), sequence, key)
      if to ~= 'delivered' then drop(sequence) end
      if ended_ms ~= '' then redis.call('ZADD', ended, ended_ms, key) end
    end
  end
end
return 'recorded'
"""
)
"""Keep steps, and move their alerts on where that is forward."""

PRUNE = (
    _COMMON
    + """
local before_ms, limit = unpack(ARGV)
local keys = redis.call('ZRANGEBYSCORE', ended, '-inf', '(' .. before_ms, 'LIMIT', 0, limit)
for _, key in ipairs(keys) do
  local state, strategy = unpack(redis.call('HMGET', alert(key), 'state', 'strategy'))
  redis.call('ZREM', in_state(state), key)
  redis.call('ZREM', seen(strategy), key)
  redis.call('ZREM', all, key)
  redis.call('ZREM', ended, key)
  redis.call('DEL', alert(key), steps(key))
end
return #keys
"""
)
"""Delete some of what ended before a time, with its steps; return how many."""

_ROW = (
    "'sequence', 'body', 'received_ns', 'expires_ns', 'outcome', 'deliveries', 'state', 'strategy'"
)

PAGE = (
    _COMMON
    + f"""
local index, before, limit = unpack(ARGV)
local rows = {{}}
for _, key in ipairs(redis.call('ZREVRANGEBYSCORE', prefix .. index, before, '-inf', 'LIMIT', 0,
  limit)) do
  table.insert(rows, redis.call('HMGET', alert(key), {_ROW}))
end
return rows
"""
)
"""Return alerts of an index with their state and strategy, newest first, from a sequence down."""

TRACE = (
    _COMMON
    + f"""
return {{redis.call('HMGET', alert(ARGV[1]), {_ROW}), redis.call('LRANGE', steps(ARGV[1]), 0, -1)}}
"""
)
"""Return an alert and its steps."""

STATUS = (
    _COMMON
    + """
local counts = {}
for at, state in ipairs(ARGV) do counts[at] = redis.call('ZCARD', in_state(state)) end
local oldest, received_ns = math.huge, ''
for _, state in ipairs({'received', 'delivered'}) do
  local first = redis.call('ZRANGE', in_state(state), 0, 0, 'WITHSCORES')
  if first[1] and tonumber(first[2]) < oldest then
    oldest = tonumber(first[2])
    received_ns = redis.call('HGET', alert(first[1]), 'received_ns')
  end
end
return {counts, received_ns, redis.call('EXISTS', lease)}
"""
)
"""Return how many there are in each state, when the oldest undecided one came, and the lease."""
