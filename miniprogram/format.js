function twoDigits(number) {
  return String(number).padStart(2, '0');
}

/** @returns {string} `2026年11月28日 12:05`, in the phone's time zone */
function formatTime(text) {
  const time = new Date(text);
  const day = `${time.getFullYear()}年${time.getMonth() + 1}月${time.getDate()}日`;
  return `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
}

/** @returns {string} `138 **** 8000` for a number in China. Of other numbers, as many digits are hidden */
function formatPhone(phone) {
  const number = phone.replace(/^\+86/, '');
  return `${number.slice(0, -8)} **** ${number.slice(-4)}`;
}

module.exports = { formatTime, formatPhone };
