"""Names of Chinese provinces and larger cities, as texts and firms' names write them."""

from __future__ import annotations

#: Places known without 省, 市, 区 or 县 behind them; one alternative of a regular expression.
PLACES = (
    "中国|北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|"
    "湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|"
    "西安|咸阳|宝鸡|渭南|铜川|汉中|安康|商洛|延安|榆林|杨凌|西咸|石家庄|太原|沈阳|大连|长春|哈尔滨|"
    "南京|苏州|无锡|常州|南通|杭州|宁波|温州|嘉兴|合肥|芜湖|福州|厦门|泉州|南昌|济南|青岛|烟台|郑州|"
    "洛阳|武汉|长沙|株洲|广州|深圳|东莞|佛山|珠海|惠州|南宁|海口|成都|绵阳|贵阳|昆明|兰州|西宁|银川|"
    "乌鲁木齐|呼和浩特|拉萨"
)
