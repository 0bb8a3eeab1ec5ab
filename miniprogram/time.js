function two(number) {
  return String(number).padStart(2, '0');
}

/** 把服务端的 UTC 时间写成本地时间。 */
function localTime(iso) {
  const date = new Date(iso);
  const day = `${date.getFullYear()}年${date.getMonth() + 1}月${date.getDate()}日`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

module.exports = { localTime };
